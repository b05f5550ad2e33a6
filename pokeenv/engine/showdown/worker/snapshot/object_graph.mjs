// Converts a graph of objects to plain arrays for JSON, and back.
//
// Identities, cycles, property order, undefined and -0 survive. Objects that contain code (closures, back references
// into the simulator) cannot be made from data. So a graph is read into a fresh graph of the same build, its twin.
// Instances of a class at the same place in both are anchors, which are filled and not made. Objects that both share
// (the dex, a factory) are left unchanged.

/** Marks of values: the twin's own value, undefined, and an empty element of an array. */
const KEEP = ["="];
const UNDEFINED = ["u"];
const HOLE = ["-"];

/**
 * @typedef {object} Names the objects to which a graph refers by name, and the classes that it may contain
 * @property {(object: any) => string[] | null} name the name of an object that is not copied; null for others
 * @property {(name: string[]) => any} find the object of a name
 * @property {(object: any) => any} origin the original of a changed copy, which has the same functions; else undefined
 * @property {(callable: Function) => any} holder the named object that has a function; undefined if none has it
 * @property {Map<string, object | null>} prototypes the prototypes of copied objects by name
 */

/** @typedef {Record<string | number, any>} Node an object of a graph */

/** True for an instance of a class. @param {unknown} value @returns {value is object} */
function isInstance(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null && !isContainer(value);
}

/** @param {unknown} value */
function isContainer(value) {
  return value instanceof Map || value instanceof Set || ArrayBuffer.isView(value);
}

/**
 * Find the anchors: pairs of instances at the same place in two graphs of the same build, the roots first.
 *
 * @param {Node} root
 * @param {Node} twin
 * @param {Names} names
 */
function findAnchors(root, twin, names) {
  const found = { objects: [root], twins: [twin], paths: /** @type {any[][]} */ ([]) };
  const ids = new Map([[root, 0]]);
  const twins = new Set([twin]);
  const pair = (/** @type {any} */ value, /** @type {any} */ other, /** @type {any[]} */ path) => {
    if (value === other || !isInstance(value) || !isInstance(other)) return;
    if (ids.has(value) || twins.has(other) || names.name(value)) return;
    if (Object.getPrototypeOf(value) !== Object.getPrototypeOf(other)) return;
    ids.set(value, found.objects.length);
    twins.add(other);
    found.objects.push(value);
    found.twins.push(other);
    found.paths.push(path);
  };
  for (let id = 0; id < found.objects.length; id++) {
    const [object, other] = [found.objects[id], found.twins[id]];
    for (const key of Object.keys(object)) {
      const [value, match] = [object[key], other[key]];
      if (!Array.isArray(value) || !Array.isArray(match)) pair(value, match, [id, key]);
      else value.forEach((element, index) => pair(element, match[index], [id, key, index]));
    }
  }
  return { ...found, ids };
}

/** Writes one graph. */
class GraphWriter {
  /**
   * @param {Node} root
   * @param {Node} twin
   * @param {Names} names
   */
  constructor(root, twin, names) {
    const { objects, twins, paths, ids } = findAnchors(root, twin, names);
    this.names = names;
    this.objects = objects;
    /** Objects with the same functions as an object, by its number. */
    this.origins = twins;
    this.paths = paths;
    this.ids = ids;
    this.anchors = objects.length;
    /** @type {Map<string, number>} */
    this.shapeIds = new Map();
    /** @type {string[][]} */
    this.shapes = [];
    this.classNames = new Map([...names.prototypes].map(([name, prototype]) => [prototype, name]));
  }

  write() {
    const nodes = [];
    for (let id = 0; id < this.objects.length; id++) nodes.push(this.node(id));
    return { paths: this.paths, shapes: this.shapes, nodes };
  }

  /** An object as an array: kind or class, then its contents. @param {number} id */
  node(id) {
    const object = this.objects[id];
    if (id < this.anchors) return this.properties([], id, object);
    if (Array.isArray(object)) return this.array(id, object);
    if (object instanceof Set) return ["S", ...[...object].map((value) => this.value(value, id, "entry"))];
    if (object instanceof Map) {
      return ["M", ...[...object].flat().map((value) => this.value(value, id, "entry"))];
    }
    const name = this.classNames.get(Object.getPrototypeOf(object));
    if (name === undefined) {
      throw new Error(
        `a snapshot cannot hold a ${object.constructor?.name}: see worker/snapshot/object_graph.mjs`,
      );
    }
    const node = this.properties([name, null], id, object);
    const origin = this.origins[id];
    if (origin) node[1] = this.names.name(origin);
    return node;
  }

  /**
   * @param {number} id
   * @param {any[]} array
   */
  array(id, array) {
    /** @type {any[]} */
    const node = ["A"];
    for (let index = 0; index < array.length; index++) {
      node.push(index in array ? this.value(array[index], id, index) : HOLE);
    }
    return node;
  }

  /**
   * Add shape and values of an object to a node.
   *
   * @param {any[]} node
   * @param {number} id
   * @param {Node} object
   */
  properties(node, id, object) {
    const keys = Object.keys(object);
    const shape = keys.join("|");
    let shapeId = this.shapeIds.get(shape);
    if (shapeId === undefined) {
      shapeId = this.shapes.push(keys) - 1;
      this.shapeIds.set(shape, shapeId);
    }
    node.push(shapeId);
    for (const key of keys) node.push(this.value(object[key], id, key));
    return node;
  }

  /**
   * A value as JSON: primitives as they are, all else as an array.
   *
   * @param {any} value
   * @param {number} holder number of the object that has the value
   * @param {string | number} key
   */
  value(value, holder, key) {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        if (Object.is(value, -0)) return ["#", "-0"];
        return Number.isFinite(value) ? value : ["#", String(value)];
      case "undefined":
        return UNDEFINED;
      case "function":
        return this.callable(value, holder, key);
      case "object":
        return value === null ? null : this.reference(value, holder, key);
      default:
        throw new Error(`a snapshot cannot hold the ${typeof value} "${key}"`);
    }
  }

  /**
   * @param {Function} value
   * @param {number} holder
   * @param {string | number} key
   */
  callable(value, holder, key) {
    const origin = (this.origins[holder] ??= this.names.holder(value));
    if (holder < this.anchors || origin?.[key] === value) return KEEP;
    // Fling sets a function on its move while it runs, for the thrown berry; nothing calls it later.
    if (origin !== undefined) return UNDEFINED;
    throw new Error(`a snapshot cannot hold the function "${key}": see worker/snapshot/object_graph.mjs`);
  }

  /**
   * @param {Node} object
   * @param {number} holder
   * @param {string | number} key
   */
  reference(object, holder, key) {
    const inOrigin = this.origins[holder]?.[key];
    if (object === inOrigin) return KEEP;
    let id = this.ids.get(object);
    if (id === undefined) {
      const name = this.names.name(object);
      if (name) return name;
      id = this.objects.push(object) - 1;
      this.ids.set(object, id);
      this.origins[id] = this.names.origin(object) ?? (holder < this.anchors ? undefined : inOrigin);
    }
    return [id];
  }
}

/** Reads one graph into its twin. */
class GraphReader {
  /**
   * @param {ReturnType<GraphWriter["write"]>} graph
   * @param {Node} twin
   * @param {Names} names
   */
  constructor({ paths, shapes, nodes }, twin, names) {
    this.names = names;
    this.shapes = shapes;
    this.nodes = nodes;
    this.objects = [twin];
    for (const [id, key, index] of paths) {
      const found = this.objects[id][key];
      this.objects.push(index === undefined ? found : found[index]);
    }
    this.anchors = this.objects.length;
    /** @type {any[]} */
    this.origins = [];
    /** @type {boolean[]} */
    this.met = [];
  }

  read() {
    for (let id = this.anchors; id < this.nodes.length; id++)
      this.objects.push(this.shell(this.nodes[id][0]));
    for (let id = 0; id < this.nodes.length; id++) this.fill(id, this.nodes[id]);
    return this.objects[0];
  }

  /** An empty object of a kind. @param {string} kind */
  shell(kind) {
    if (kind === "A") return [];
    if (kind === "S") return new Set();
    if (kind === "M") return new Map();
    return Object.create(/** @type {any} */ (this.names.prototypes.get(kind)));
  }

  /**
   * Give an object its contents.
   *
   * @param {number} id
   * @param {any[]} node
   */
  fill(id, node) {
    const object = this.objects[id];
    if (id < this.anchors) {
      const keys = new Set(this.shapes[node[0]]);
      for (const key of Object.keys(object)) if (!keys.has(key)) delete object[key];
      this.fillProperties(id, object, node, 0);
    } else if (node[0] === "A") {
      object.length = node.length - 1;
      for (let index = 1; index < node.length; index++) {
        const value = node[index];
        if (typeof value !== "object" || value?.[0] !== HOLE[0])
          object[index - 1] = this.value(value, id, index - 1);
      }
    } else if (node[0] === "S") {
      for (let index = 1; index < node.length; index++) object.add(this.value(node[index], id, "entry"));
    } else if (node[0] === "M") {
      for (let index = 1; index < node.length; index += 2) {
        object.set(this.value(node[index], id, "entry"), this.value(node[index + 1], id, "entry"));
      }
    } else {
      if (node[1]) this.origins[id] = this.names.find(node[1]);
      this.fillProperties(id, object, node, 2);
    }
  }

  /**
   * @param {number} id
   * @param {Node} object
   * @param {any[]} node
   * @param {number} start offset of the shape in the node
   */
  fillProperties(id, object, node, start) {
    const keys = this.shapes[node[start]];
    for (let index = 0; index < keys.length; index++) {
      const value = node[start + 1 + index];
      if (id < this.anchors && value?.[0] === KEEP[0] && typeof value === "object") continue;
      object[keys[index]] = this.value(value, id, keys[index]);
    }
  }

  /**
   * @param {any} value as `GraphWriter.value` wrote it
   * @param {number} holder
   * @param {string | number} key
   */
  value(value, holder, key) {
    if (typeof value !== "object" || value === null) return value;
    const [tag] = value;
    if (typeof tag === "number") return this.reference(tag, holder, key);
    if (tag === UNDEFINED[0]) return undefined;
    if (tag === KEEP[0]) return this.origins[holder][key];
    if (tag === "#") return Number(value[1]);
    return this.names.find(value);
  }

  /**
   * @param {number} id
   * @param {number} holder
   * @param {string | number} key
   */
  reference(id, holder, key) {
    if (id >= this.anchors && !this.met[id]) {
      this.met[id] = true;
      if (holder >= this.anchors) this.origins[id] = this.origins[holder]?.[key];
    }
    return this.objects[id];
  }
}

/**
 * Write a graph as plain arrays.
 *
 * @param {Node} root
 * @param {Node} twin of the same build as `root`, and unchanged since it was made
 * @param {Names} names
 */
export function writeGraph(root, twin, names) {
  return new GraphWriter(root, twin, names).write();
}

/**
 * Read a graph into its twin.
 *
 * @param {ReturnType<typeof writeGraph>} graph
 * @param {Node} twin of the same build; it gets the contents of the graph
 * @param {Names} names
 * @returns {any} the twin
 */
export function readGraph(graph, twin, names) {
  return new GraphReader(graph, twin, names).read();
}
