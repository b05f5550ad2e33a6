// The layout's table of fields, as the encoder uses it: offsets, scales and ranges by name.

/**
 * One field of a block, see `Field` in pokeenv/observation/fields.py.
 *
 * @typedef {object} Place
 * @property {number} offset from the start of its block
 * @property {number} scale natural value of 1
 * @property {number} low least number
 * @property {number} high greatest number
 */

/** @typedef {Record<string, Place>} Places the fields of a block by name */

const PLACES = ["left", "right"];

/** Names of the places of a side; "" where there is only one. @param {number} actives @returns {string[]} */
export function placeNames(actives) {
  return actives > 1 ? PLACES : [""];
}

/**
 * Write a value, given in natural units.
 *
 * @param {Float32Array} row
 * @param {number} base start of the block
 * @param {Place} place
 * @param {number} value
 */
export function put(row, base, place, value) {
  const { low, high } = place;
  const scaled = value / place.scale;
  row[base + place.offset] = scaled < low ? low : scaled > high ? high : scaled;
}

/**
 * Set a flag.
 *
 * @param {Float32Array} row
 * @param {number} base start of the block
 * @param {Place} place
 */
export function mark(row, base, place) {
  row[base + place.offset] = 1;
}

/**
 * The fields that belong to a list of ids, such as one flag for each weather.
 *
 * @param {Places} block
 * @param {string[]} ids
 * @param {(id: string) => string} name of the id's field
 * @returns {Map<string, Place>} by id
 */
export function family(block, ids, name) {
  return new Map(
    ids.map((id) => {
      const place = block[name(id)];
      if (!place) throw new Error(`the layout has no field "${name(id)}"`);
      return [id, place];
    }),
  );
}
