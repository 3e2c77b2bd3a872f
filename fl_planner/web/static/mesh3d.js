// Surfaces as sent by the server, and their intersections with a line of sight.

const MAGIC = 0x314d4c46; // "FLM1"
const HEAD_BYTES = 12;

// Read "FLM1", two counts, corners as float32 (mm, RAS+) and triangles as uint32, low byte first.
export function readMesh(buffer) {
  const whole = buffer.byteLength >= HEAD_BYTES && buffer.byteLength % 4 === 0;
  const [magic, corners, triangles] = whole ? new Uint32Array(buffer, 0, 3) : [0, 0, 0];
  if (magic !== MAGIC || buffer.byteLength !== HEAD_BYTES + 12 * (corners + triangles))
    throw new Error("the surface is invalid or incomplete");
  return {
    positions: new Float32Array(buffer, HEAD_BYTES, 3 * corners),
    indices: new Uint32Array(buffer, HEAD_BYTES + 12 * corners, 3 * triangles),
  };
}

export function boundsOf(positions) {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (let n = 0; n < positions.length; n++) {
    const axis = n % 3;
    if (positions[n] < low[axis]) low[axis] = positions[n];
    if (positions[n] > high[axis]) high[axis] = positions[n];
  }
  return { low, high };
}

// The mean direction of the triangles around each corner, weighted by their areas.
export function normalsOf(positions, indices) {
  const sums = new Float32Array(positions.length);
  for (let n = 0; n < indices.length; n += 3) {
    const a = 3 * indices[n], b = 3 * indices[n + 1], c = 3 * indices[n + 2];
    const ux = positions[b] - positions[a], vx = positions[c] - positions[a];
    const uy = positions[b + 1] - positions[a + 1], vy = positions[c + 1] - positions[a + 1];
    const uz = positions[b + 2] - positions[a + 2], vz = positions[c + 2] - positions[a + 2];
    const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
    for (const corner of [a, b, c]) {
      sums[corner] += x;
      sums[corner + 1] += y;
      sums[corner + 2] += z;
    }
  }
  for (let n = 0; n < sums.length; n += 3) {
    const long = Math.hypot(sums[n], sums[n + 1], sums[n + 2]) || 1;
    sums[n] /= long;
    sums[n + 1] /= long;
    sums[n + 2] /= long;
  }
  return sums;
}

// The first intersection of a line of sight with a surface, in mm along `near`; or null.
// The line is that of all places with these coordinates along the camera's `right` and `up`.
// `kept` returns whether a place on it, at this distance along `near`, is not hidden.
export function meet(mesh, camera, right, up, kept) {
  const { positions, indices } = mesh;
  const [r, u, w] = [camera.right, camera.up, camera.near];
  const count = positions.length / 3;
  const seen = new Float64Array(3 * count);
  for (let n = 0; n < positions.length; n += 3) {
    const x = positions[n], y = positions[n + 1], z = positions[n + 2];
    seen[n] = x * r[0] + y * r[1] + z * r[2] - right;
    seen[n + 1] = x * u[0] + y * u[1] + z * u[2] - up;
    seen[n + 2] = x * w[0] + y * w[1] + z * w[2];
  }
  let best = null;
  for (let n = 0; n < indices.length; n += 3) {
    const a = 3 * indices[n], b = 3 * indices[n + 1], c = 3 * indices[n + 2];
    const p = seen[b] * seen[c + 1] - seen[b + 1] * seen[c];
    const q = seen[c] * seen[a + 1] - seen[c + 1] * seen[a];
    const s = seen[a] * seen[b + 1] - seen[a + 1] * seen[b];
    const inside = (p >= 0 && q >= 0 && s >= 0) || (p <= 0 && q <= 0 && s <= 0);
    const area = p + q + s;
    if (!inside || area === 0) continue;
    const depth = (p * seen[a + 2] + q * seen[b + 2] + s * seen[c + 2]) / area;
    if ((best === null || depth > best) && kept(depth)) best = depth;
  }
  return best;
}
