// Surfaces drawn by WebGL 2: each one's nearest layer, the nearer over the farther. Fields of the
// liver, on coarse cells, give what remains of a cut, what loses a vessel, distances, and the shade
// in clefts.

const VERTEX = `#version 300 es
uniform mat4 view;
in vec3 place;
in vec3 normal;
out vec3 at;
out vec3 outwards;
invariant gl_Position;
void main() {
  at = place;
  outwards = normal;
  gl_Position = view * vec4(place, 1.0);
}`;

// A transparent liver gives light of its own: on the dark ground, its colour would be another one.
const GLOW = 0.6;
export const seenThrough = (opacity) => opacity ** (1 - GLOW); // part of its colour that is seen

// `kind` is 0 for any surface, 1 for liver, 2 for a lesion, 3 for the face of a plane. `side` is 1
// for what remains only, -1 for what is removed only. With `clip`, the side in front of `opening` is
// omitted, and the inner side of a surface is painted flat, as if it were filled.
const FRAGMENT = `#version 300 es
#define GLOW ${GLOW}
precision highp float;
precision highp sampler3D;
uniform vec4 colour, removed; // of what remains, and of what does not
uniform vec3 light, eye, ground;
uniform vec4 opening;
uniform vec4 plane;
uniform float clip, trace, kind, side, mode, hatched, margin, depth, middle, ratio, shade, bare;
uniform mat4 cells;
uniform sampler3D organ, draft;
in vec3 at;
in vec3 outwards;
out vec4 painted;
const vec3 NEAR = vec3(0.84, 0.10, 0.12), BETWEEN = vec3(0.98, 0.68, 0.22);
const vec3 FLESH = vec3(0.66, 0.33, 0.27), CROSSED = vec3(0.45, 0.02, 0.05);
const vec3 INFLOW = vec3(1.0, 0.88, 0.30), OUTFLOW = vec3(0.36, 0.88, 0.94);

// red at the cut, amber on the way, the colour of the surface from the margin on
vec3 warn(vec3 own, float mm) {
  if (margin <= 0.0 || mm >= margin) return own;
  float share = mm / margin;
  return share < 0.5 ? mix(NEAR, BETWEEN, share * 2.0) : mix(BETWEEN, own, share * 2.0 - 1.0);
}

bool stripe(float way) {
  return mod(gl_FragCoord.x + way * gl_FragCoord.y, 9.0 * ratio) < 3.2 * ratio;
}

vec3 face(vec3 own, vec3 cell) {
  float mm = texture(organ, cell).g * 25.5;
  vec3 seen = warn(own, mm);
  if (mm < 0.6) seen = CROSSED;
  float wide = max(fwidth(mm), 0.02);
  if (mm > 0.6 && mm < 11.0) { // lines of equal distance, at 5 and 10 mm
    float line = min(abs(mm - 5.0), abs(mm - 10.0)) / wide;
    seen = mix(seen * 0.45, seen, smoothstep(0.6, 1.4, line));
  }
  return seen;
}

void main() {
  float before = dot(opening.xyz, at) - opening.w;
  if (clip > 0.5 && before > 0.0) discard;
  vec3 cell = (cells * vec4(at, 1.0)).xyz;
  float above = dot(plane.xyz, at) - plane.w; // towards what remains
  vec4 drafted = mode > 1.5 || hatched > 0.5 ? texture(draft, cell) : vec4(1.0, 0.0, 0.0, 1.0);
  if (mode > 0.5 && mode < 1.5) drafted.r = step(0.0, above);
  bool remains = drafted.r >= 0.5;
  if (side > 0.5 && !remains) discard;
  if (side < -0.5 && remains) discard;
  if (kind > 2.5 && texture(organ, cell).r < 0.5) discard;
  if (bare > 0.5) { // for its depth only
    painted = vec4(0.0);
    return;
  }
  vec3 facing = normalize(outwards);
  if (kind > 2.5 && dot(facing, eye) < 0.0) facing = -facing;
  vec4 tint = remains ? colour : removed;
  vec3 own = tint.rgb;
  float opaque = tint.a, open = 1.0;
  float even = kind > 2.5 ? 1.0 : 0.0; // a face: its colours are mm, so light does not change them
  if (kind > 2.5) own = face(FLESH, cell);
  else if (kind > 1.5 && mode > 0.5) {
    float mm = mode > 1.5 ? drafted.a * 25.5 : max(0.0, -above);
    own = warn(own, mm);
    if (remains && mode < 1.5) own = mix(own, CROSSED, 0.35);
  } else if (kind > 0.5 && kind < 1.5) {
    float deep = smoothstep(0.72, 0.9, texture(organ, cell).r); // inside the liver: a face of a cut
    even = deep;
    if (deep > 0.0) {
      own = mix(own, face(mix(own, FLESH, 0.75), cell), deep);
      opaque = mix(opaque, 1.0, deep);
    }
    open = 1.0 - 0.55 * shade * (0.5 * texture(organ, (cells * vec4(at + facing * 5.0, 1.0)).xyz).r
      + 0.8 * texture(organ, (cells * vec4(at + facing * 11.0, 1.0)).xyz).r);
  }
  if (kind > 0.5 && kind < 1.5 && hatched > 0.5) {
    if (drafted.g > 0.5 && stripe(1.0)) own = INFLOW;
    else if (drafted.b > 0.5 && stripe(-1.0)) own = OUTFLOW;
  }
  float lit = 0.62;
  vec3 gleam = vec3(0.0);
  if (gl_FrontFacing || kind > 2.5) {
    float head = max(0.0, dot(facing, eye)), key = max(0.0, dot(facing, light));
    lit = 0.30 + 0.34 * head + 0.42 * key;
    gleam = vec3(0.22 * pow(max(0.0, dot(facing, normalize(light + eye))), 36.0));
    if (opaque < 1.0) opaque = mix(opaque, min(1.0, opaque + 0.5), pow(1.0 - head, 3.0));
  }
  float away = clamp(0.5 - (dot(at, eye) - middle) / depth, 0.0, 1.0); // 0 near, 1 far
  bool organic = kind > 0.5 && kind < 1.5;
  if (tint.a < 1.0) lit = mix(lit, 1.0, organic ? 0.6 : 0.35); // through glass the ground darkens already
  open = mix(open, 1.0, even);
  lit = mix(lit, 0.95, even);
  vec3 seen = mix(own * lit * open + (1.0 - even) * gleam * open, ground, (1.0 - even) * shade * 0.42 * away * away);
  if (trace > 0.0 && clip > 0.5 && abs(before) < trace) seen = own * 0.2;
  if (trace > 0.0 && mode > 0.5 && mode < 1.5 && kind < 1.5 && abs(above) < trace) {
    seen = own * 0.2;
    opaque = 1.0;
  }
  painted = vec4(seen * (organic ? pow(opaque, 1.0 - GLOW) : opaque), opaque);
}`;

const FLAT_VERTEX = `#version 300 es
uniform mat4 view;
in vec3 place;
invariant gl_Position;
void main() { gl_Position = view * vec4(place, 1.0); }`;

const FLAT_FRAGMENT = `#version 300 es
precision highp float;
uniform vec4 colour;
out vec4 painted;
void main() { painted = vec4(colour.rgb * colour.a, colour.a); }`;

const TRACE_PIXELS = 1.2; // half the width of the line where a plane meets a surface
const LIGHT = [-0.45, 0.55, 0.7]; // from the upper left, towards the reader
const DEPTHS = 2 ** 24; // steps of the depth that is kept of each pixel
const SHEET_OPACITY = 0.1, SHINES = { lesion: 0.5, vessel: 0.3 };
const ORGAN_UNIT = 0, DRAFT_UNIT = 1; // of textures
const KINDS = { other: 0, liver: 1, lesion: 2, face: 3 };
const MODES = { none: 0, plane: 1, field: 2 };
const NO_FIELD = { shape: [1, 1, 1], layers: ["organ", "lesion"], cells: new Uint8Array([0, 255]) };

function compile(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.bindAttribLocation(program, 0, "place");
  gl.bindAttribLocation(program, 1, "normal");
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
    throw new Error(`WebGL: ${gl.getProgramInfoLog(program)}`);
  const known = new Map();
  const at = (name) => {
    if (!known.has(name)) known.set(name, gl.getUniformLocation(program, name));
    return known.get(name);
  };
  return { program, at };
}

// Whether the processor draws, in place of a graphics card: smoothed edges would roughly halve its
// frame rate.
function paintsWithoutCard() {
  const gl = document.createElement("canvas").getContext("webgl2");
  const told = gl?.getExtension("WEBGL_debug_renderer_info");
  const named = told ? gl.getParameter(told.UNMASKED_RENDERER_WEBGL) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(named);
}

export class Painter {
  constructor(canvas) {
    const slow = paintsWithoutCard();
    const gl = canvas.getContext("webgl2", { alpha: true, antialias: !slow });
    if (!gl) throw new Error("this browser does not support WebGL 2");
    Object.assign(this, { gl, slow });
    this.fields = { organ: NO_FIELD, draft: null };
    this.restore();
  }

  // Restore the resources of a lost context; surfaces are added again by the caller.
  restore() {
    const { gl } = this;
    this.solid = compile(gl, VERTEX, FRAGMENT);
    this.flat = compile(gl, FLAT_VERTEX, FLAT_FRAGMENT);
    this.sheet = { array: gl.createVertexArray(), corners: gl.createBuffer() };
    gl.bindVertexArray(this.sheet.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.sheet.corners);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);
    gl.bindVertexArray(null);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.textures = [ORGAN_UNIT, DRAFT_UNIT].map(() => gl.createTexture());
    this.setField("organ", this.fields.organ);
    this.setField("draft", this.fields.draft);
  }

  // A field as `readField` returns it: "organ" with two layers, "draft" with four, or null.
  setField(name, field) {
    const { gl } = this;
    this.fields[name] = field;
    const unit = name === "organ" ? ORGAN_UNIT : DRAFT_UNIT;
    const form = name === "organ" ? [gl.RG8, gl.RG] : [gl.RGBA8, gl.RGBA];
    const { shape, cells } = field ?? { shape: [1, 1, 1], cells: new Uint8Array([255, 0, 0, 255]) };
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_3D, this.textures[unit]);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage3D(gl.TEXTURE_3D, 0, form[0], ...shape, 0, form[1], gl.UNSIGNED_BYTE, cells);
    for (const axis of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T, gl.TEXTURE_WRAP_R])
      gl.texParameteri(gl.TEXTURE_3D, axis, gl.CLAMP_TO_EDGE);
    for (const size of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
      gl.texParameteri(gl.TEXTURE_3D, size, gl.LINEAR);
  }

  add(positions, normals, indices) {
    const { gl } = this;
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    const buffers = [positions, normals].map((values, slot) => {
      const buffer = gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
      gl.enableVertexAttribArray(slot);
      gl.vertexAttribPointer(slot, 3, gl.FLOAT, false, 0, 0);
      return buffer;
    });
    const order = gl.createBuffer();
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, order);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, indices, gl.STATIC_DRAW);
    gl.bindVertexArray(null);
    return { array, buffers: [...buffers, order], count: indices.length };
  }

  remove(surface) {
    this.gl.deleteVertexArray(surface.array);
    for (const buffer of surface.buffers) this.gl.deleteBuffer(buffer);
  }

  // Draw parts ({surface, colour, opacity, kind, side}, innermost first) as the camera sees them.
  // `opening` cuts surfaces open; `plane` ({normal, offset}, towards what remains) is that of a draft.
  draw(scene) {
    const { gl, solid } = this;
    const { camera, pixels, background, parts, opening, plane, reach } = scene;
    gl.viewport(0, 0, ...pixels);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const matrix = camera.matrix(reach);
    const light = [0, 1, 2].map((n) =>
      LIGHT[0] * camera.right[n] + LIGHT[1] * camera.up[n] + LIGHT[2] * camera.near[n]);
    const long = Math.hypot(...light);
    gl.useProgram(solid.program);
    gl.uniformMatrix4fv(solid.at("view"), false, matrix);
    gl.uniform3fv(solid.at("light"), light.map((one) => one / long));
    gl.uniform3fv(solid.at("eye"), camera.near);
    gl.uniform3fv(solid.at("ground"), background);
    gl.uniform4fv(solid.at("opening"), opening ? [...opening.normal, opening.offset] : [0, 0, 0, 0]);
    gl.uniform1f(solid.at("clip"), opening ? 1 : 0);
    gl.uniform4fv(solid.at("plane"), plane ? [...plane.normal, plane.offset] : [0, 0, 0, 0]);
    gl.uniform1f(solid.at("trace"), TRACE_PIXELS / camera.pixelsPerMm);
    const mode = plane ? MODES.plane : this.fields.draft ? MODES.field : MODES.none;
    gl.uniform1f(solid.at("mode"), mode);
    gl.uniform1f(solid.at("hatched"), this.fields.draft ? 1 : 0);
    gl.uniform1f(solid.at("margin"), scene.margin);
    gl.uniform1f(solid.at("depth"), scene.depth);
    gl.uniform1f(solid.at("middle"), scene.middle);
    gl.uniform1f(solid.at("ratio"), scene.ratio);
    gl.uniform1f(solid.at("shade"), this.fields.organ === NO_FIELD ? 0 : 1);
    gl.uniformMatrix4fv(solid.at("cells"), false, asCells(this.fields.organ));
    gl.uniform1i(solid.at("organ"), ORGAN_UNIT);
    gl.uniform1i(solid.at("draft"), DRAFT_UNIT);
    gl.disable(gl.BLEND);
    Object.assign(this, { reach, matrix, closed: !opening });
    for (const part of parts.filter((one) => one.opacity >= 1)) this.paint(part);
    if (plane) this.paintFace(plane);
    for (const part of parts.filter((one) => one.opacity < 1)) this.paintThrough(part);
    for (const part of parts.filter((one) => one.kind in SHINES && one.opacity >= 1)) this.paintHidden(part);
    if (plane) this.paintSheet(plane, matrix, 0); // its face is not tinted
    if (opening) this.paintSheet(opening, matrix, SHEET_OPACITY);
    gl.bindVertexArray(null);
  }

  paint(part) {
    const { gl, solid } = this;
    gl.uniform4fv(solid.at("colour"), [...part.colour, part.opacity]);
    gl.uniform4fv(solid.at("removed"), part.removed ?? [...part.colour, part.opacity]);
    gl.uniform1f(solid.at("kind"), KINDS[part.kind] ?? KINDS.other);
    gl.uniform1f(solid.at("side"), part.side ?? 0);
    this.trace(part);
  }

  // Draw the triangles of a part with the current program.
  trace(part) {
    const { gl } = this;
    gl.bindVertexArray(part.surface.array);
    if (this.isWhole(part)) gl.enable(gl.CULL_FACE);
    if (part.pull) {
      gl.enable(gl.POLYGON_OFFSET_FILL);
      gl.polygonOffset(0, (-part.pull / (2 * this.reach)) * DEPTHS);
    }
    gl.drawElements(gl.TRIANGLES, part.surface.count, gl.UNSIGNED_INT, 0);
    gl.disable(gl.POLYGON_OFFSET_FILL);
    gl.disable(gl.CULL_FACE);
  }

  // Whether a part is drawn as its whole closed surface, whose inner side is never seen. Of a part
  // that shines through, both sides are.
  isWhole(part) {
    return this.closed && !part.side && !part.hidden;
  }

  // What of a lesion or a vessel is behind liver shines through it.
  paintHidden(part) {
    const { gl } = this;
    gl.enable(gl.BLEND);
    gl.depthMask(false);
    gl.depthFunc(gl.GREATER);
    this.paint({ ...part, opacity: SHINES[part.kind], hidden: true });
    gl.depthFunc(gl.LEQUAL);
    gl.depthMask(true);
    gl.disable(gl.BLEND);
  }

  // Depth first, so that only the nearest layer is drawn, transparently.
  paintThrough(part) {
    const { gl, solid, flat } = this;
    gl.colorMask(false, false, false, false);
    if (this.isWhole(part)) {
      gl.useProgram(flat.program);
      gl.uniformMatrix4fv(flat.at("view"), false, this.matrix);
      this.trace(part);
      gl.useProgram(solid.program);
    } else {
      gl.uniform1f(solid.at("bare"), 1);
      this.paint(part);
      gl.uniform1f(solid.at("bare"), 0);
    }
    gl.colorMask(true, true, true, true);
    gl.enable(gl.BLEND);
    this.paint(part);
    gl.disable(gl.BLEND);
  }

  // The face of a plane within the liver: it closes both parts.
  paintFace({ corners, normal }) {
    const { gl, solid } = this;
    gl.bindVertexArray(this.sheet.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.sheet.corners);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(corners.flat()), gl.DYNAMIC_DRAW);
    gl.vertexAttrib3f(1, ...normal);
    gl.uniform1f(solid.at("kind"), KINDS.face);
    gl.uniform1f(solid.at("side"), 0);
    for (const name of ["colour", "removed"]) gl.uniform4fv(solid.at(name), [1, 1, 1, 1]);
    gl.drawArrays(gl.TRIANGLE_FAN, 0, 4);
  }

  paintSheet({ corners, colour }, matrix, opacity) {
    const { gl, flat } = this;
    gl.useProgram(flat.program);
    gl.uniformMatrix4fv(flat.at("view"), false, matrix);
    gl.bindVertexArray(this.sheet.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.sheet.corners);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(corners.flat()), gl.DYNAMIC_DRAW);
    gl.enable(gl.BLEND);
    gl.depthMask(false);
    gl.uniform4fv(flat.at("colour"), [...colour, opacity]);
    gl.drawArrays(gl.TRIANGLE_FAN, 0, 4);
    gl.uniform4fv(flat.at("colour"), [...colour, 1]);
    gl.drawArrays(gl.LINE_LOOP, 0, 4);
    gl.depthMask(true);
    gl.disable(gl.BLEND);
  }
}

// From mm to the coordinates of a texture: 0 to 1 across the cells.
function asCells({ shape, inverse }) {
  if (!inverse) return new Float32Array(16);
  const made = new Float32Array(16);
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 4; column++) made[4 * column + row] = inverse[row][column] / shape[row];
    made[12 + row] += 0.5 / shape[row];
  }
  made[15] = 1;
  return made;
}

// Read the length of a header, the header as JSON, and cells compressed by gzip.
export async function readField(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const told = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const unpacked = new Blob([new Uint8Array(buffer, 4 + length)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const cells = new Uint8Array(await new Response(unpacked).arrayBuffer());
  return { ...told, cells, inverse: invert(told.matrix) };
}

function invert(rows) {
  const [[a, b, c, x], [d, e, f, y], [g, h, i, z]] = rows;
  const whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const turned = [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((one) => one / whole));
  return turned.map((row) => [...row, -(row[0] * x + row[1] * y + row[2] * z)]);
}
