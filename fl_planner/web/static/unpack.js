// A zip with a case file, as the page exports it, is opened as its files. Any other zip stays one: the
// slices of a CT are read by the program.

const END = 0x06054b50, ENTRY = 0x02014b50, END_BYTES = 22, LONGEST_NOTE = 65535;
const STORED = 0, DEFLATED = 8;
const CASE = "case.toml";
const MOST_MEMBERS = 20, MOST_BYTES = 2 ** 30; // of an export: a case file and a mask

// `files` are each a file, its folder, and the path of that.
export async function unpackExports(files) {
  const each = await Promise.all(files.map(async ([file, ...where]) => {
    const members = /\.zip$/i.test(file.name) ? await listMembers(file) : null;
    if (!members?.some(({ name }) => name === CASE)) return [[file, ...where]];
    return Promise.all(members.map(async (member) => [await take(file, member), ...where]));
  }));
  return each.flat();
}

// The members of a zip, or null where it is none of ours.
async function listMembers(file) {
  const tail = new DataView(await file.slice(Math.max(0, file.size - END_BYTES - LONGEST_NOTE)).arrayBuffer());
  let end = tail.byteLength - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== END) end -= 1;
  if (end < 0) return null;
  const [count, size, start] = [tail.getUint16(end + 10, true), tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  if (count > MOST_MEMBERS) return null;
  const told = new DataView(await file.slice(start, start + size).arrayBuffer());
  const members = [];
  for (let at = 0; members.length < count; ) {
    if (at + 46 > told.byteLength || told.getUint32(at, true) !== ENTRY) return null;
    const [method, packed, whole, named, more, note] = [
      told.getUint16(at + 10, true), told.getUint32(at + 20, true), told.getUint32(at + 24, true),
      told.getUint16(at + 28, true), told.getUint16(at + 30, true), told.getUint16(at + 32, true),
    ];
    const name = new TextDecoder().decode(new Uint8Array(told.buffer, at + 46, named));
    if (/[\\/]/.test(name) || whole > MOST_BYTES || ![STORED, DEFLATED].includes(method)) return null;
    members.push({ name, method, packed, from: told.getUint32(at + 42, true) });
    at += 46 + named + more + note;
  }
  return members;
}

async function take(file, { name, method, packed, from }) {
  const head = new DataView(await file.slice(from, from + 30).arrayBuffer());
  const start = from + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const content = file.slice(start, start + packed);
  if (method === STORED) return new File([content], name);
  return new File([await new Response(content.stream().pipeThrough(new DecompressionStream("deflate-raw"))).blob()], name);
}
