"""Teams: generated, from files, validated."""
