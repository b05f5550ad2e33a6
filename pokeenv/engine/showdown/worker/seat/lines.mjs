// Parses the protocol lines about a battle (sim/SIM-PROTOCOL.md, PROTOCOL.md) and skips those about the room.

import { UnknownError } from "../showdown/unknown.mjs";

/** Types of the simulator's lines about the battle, which a seat's view reads. */
const OF_THE_BATTLE = new Set(
  (
    "player teamsize gametype gen tier rated rule clearpoke poke updatepoke teampreview start upkeep turn win tie " +
    "move switch drag detailschange replace swap cant faint message showteam " +
    "-formechange -fail -block -notarget -miss -damage -heal -sethp -status -curestatus -cureteam -boost " +
    "-unboost -setboost -swapboost -invertboost -clearboost -clearallboost -clearpositiveboost " +
    "-clearnegativeboost -copyboost -weather -fieldstart -fieldend -fieldactivate -sidestart -sideend " +
    "-swapsideconditions -start -end -crit -supereffective -resisted -immune -item -enditem -ability " +
    "-endability -transform -mega -primal -burst -zpower -zbroken -terastallize -candynamax -activate -hint " +
    "-center -message -combine -waiting -prepare -mustrecharge -hitcount -singlemove -singleturn -anim -ohko " +
    "-nothing"
  ).split(" "),
);

/** Types of the server's lines about the room, its users and its clock, or only for display. */
const OF_THE_ROOM = new Set(
  (
    " init deinit title users html uhtml uhtmlchange pagehtml selectorhtml controlshtml fieldhtml join j J leave " +
    "l L name n N chat c c: : t: inactive inactiveoff notify tempnotify tempnotifyoff battle b raw warning " +
    "bigerror chatmsg chatmsg-raw debug seed done sentchoice hidelines unlink expire askreg badge custom refresh " +
    "noinit popup pm cantleave allowleave choice tournament challstr updateuser updatesearch updatechallenges formats " +
    "nametaken queryresponse usercount"
  ).split(" "),
);

/** Types that @pkmn/protocol rewrites, so it parses them. */
const REWRITTEN = new Set("tier gen cant -activate -nothing -weather".split(" "));
/** Types that it rewrites if they name a cause. */
const REWRITTEN_CAUSE = new Set("move -start -heal".split(" "));

/** @typedef {{args: string[], kwArgs: Record<string, any>}} Message a line as @pkmn/protocol parses it */

const PIPE = 0x7c;
const BRACKET = 0x5b;
const NO_KWARGS = Object.freeze({});

/**
 * Parse a line for the views. The result equals that of @pkmn/protocol, in less time.
 *
 * @param {{parseBattleLine: (line: any) => any}} protocol `Protocol` of @pkmn/protocol
 * @param {string} line of a seat's own channel
 * @returns {Message | null} null for lines that are not about the battle
 */
export function parseLine(protocol, line) {
  if (line.charCodeAt(0) !== PIPE) return null; // chat, a room's name, an empty line
  let end = line.indexOf("|", 1);
  const type = line.slice(1, end < 0 ? undefined : end);
  if (!OF_THE_BATTLE.has(type)) {
    if (OF_THE_ROOM.has(type)) return null;
    throw new UnknownError(`unknown protocol message "${type}"`, ` in the line: ${line}`);
  }
  let count = 1;
  for (let at = end; at >= 0; at = line.indexOf("|", at + 1)) count += 1;
  /** @type {string[]} */
  const args = new Array(count); // an array that grows takes much more memory, and split() twice the time
  args[0] = type;
  for (let index = 1; index < count; index++) {
    const start = end + 1;
    end = line.indexOf("|", start);
    args[index] = line.slice(start, end < 0 ? undefined : end);
  }
  // @pkmn/protocol drops one argument: the move that Mimic copied, up to generation 3.
  if (args[2] === "move: Mimic") return { args: args.slice(0, 3), kwArgs: { move: args[3] } };
  if (REWRITTEN.has(type)) return protocol.parseBattleLine(line);
  /** @type {Record<string, string | true>} */
  let kwArgs = NO_KWARGS;
  for (let last = args.length - 1; last > 0; last--) {
    const arg = args[last];
    const close = arg.charCodeAt(0) === BRACKET ? arg.indexOf("]") : -1;
    if (close <= 0) break;
    if (kwArgs === NO_KWARGS) kwArgs = {};
    kwArgs[arg.slice(1, close)] = arg.slice(close + 1).trim() || true;
    args.pop();
  }
  if (kwArgs.from && REWRITTEN_CAUSE.has(type)) return protocol.parseBattleLine(line);
  return { args, kwArgs };
}
