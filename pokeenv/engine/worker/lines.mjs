// Which protocol lines (sim/SIM-PROTOCOL.md, PROTOCOL.md) tell a seat something about its battle.

/** Written by the simulator about the battle: a seat's view reads them. */
const OF_THE_BATTLE = new Set(
  (
    "player teamsize gametype gen tier rated rule clearpoke poke updatepoke teampreview start upkeep turn win tie " +
    "move switch drag detailschange replace swap cant faint message " +
    "-formechange -fail -block -notarget -miss -damage -heal -sethp -status -curestatus -cureteam -boost " +
    "-unboost -setboost -swapboost -invertboost -clearboost -clearallboost -clearpositiveboost " +
    "-clearnegativeboost -copyboost -weather -fieldstart -fieldend -fieldactivate -sidestart -sideend " +
    "-swapsideconditions -start -end -crit -supereffective -resisted -immune -item -enditem -ability " +
    "-endability -transform -mega -primal -burst -zpower -zbroken -terastallize -candynamax -activate -hint " +
    "-center -message -combine -waiting -prepare -mustrecharge -hitcount -singlemove -singleturn -anim -ohko " +
    "-nothing"
  ).split(" "),
);

/** Written by the server about the room, its users and its clock, or for the eye alone. */
const OF_THE_ROOM = new Set(
  (
    " init deinit title users html uhtml uhtmlchange pagehtml selectorhtml controlshtml fieldhtml join j J leave " +
    "l L name n N chat c c: : t: inactive inactiveoff notify tempnotify tempnotifyoff battle b raw warning " +
    "bigerror chatmsg chatmsg-raw debug seed done sentchoice hidelines unlink expire askreg badge custom refresh " +
    "noinit popup pm"
  ).split(" "),
);

/** @param {string} line */
function messageType(line) {
  const end = line.indexOf("|", 1);
  return end < 0 ? line.slice(1) : line.slice(1, end);
}

/**
 * Whether a line is one that views read.
 *
 * @param {string} line of one seat's own channel
 * @returns {boolean} false for lines that say nothing about the battle
 */
export function isOfTheBattle(line) {
  if (!line.startsWith("|")) return false; // chat, a room's name, nothing
  const type = messageType(line);
  if (OF_THE_BATTLE.has(type)) return true;
  if (OF_THE_ROOM.has(type)) return false;
  throw new Error(`unknown protocol message "${type}" in the line: ${line}`);
}
