// Surfaces drawn by WebGL 2: each one's nearest layer, the nearer over the farther, cut by a plane.

const VERTEX = `#version 300 es
uniform mat4 view;
in vec3 place;
in vec3 normal;
out vec3 at;
out vec3 outwards;
void main() {
  at = place;
  outwards = normal;
  gl_Position = view * vec4(place, 1.0);
}`;

// With `clip`, the side in front of the plane is omitted; otherwise its trace is drawn.
// The inner side of an opened surface is painted flat, as if it were filled.
const FRAGMENT = `#version 300 es
precision highp float;
uniform vec4 colour;
uniform vec3 light;
uniform vec4 plane;
uniform float cuts;
uniform float trace;
in vec3 at;
in vec3 outwards;
out vec4 painted;
void main() {
  float before = dot(plane.xyz, at) - plane.w;
  if (cuts > 0.5 && before > 0.0) discard;
  float lit = 0.62;
  if (gl_FrontFacing) lit = 0.45 + 0.55 * max(0.0, dot(normalize(outwards), light));
  vec4 seen = vec4(colour.rgb * lit, colour.a);
  if (trace > 0.0 && abs(before) < trace) seen = vec4(colour.rgb * 0.2, 1.0);
  painted = vec4(seen.rgb * seen.a, seen.a);
}`;

const FLAT_VERTEX = `#version 300 es
uniform mat4 view;
in vec3 place;
void main() { gl_Position = view * vec4(place, 1.0); }`;

const FLAT_FRAGMENT = `#version 300 es
precision highp float;
uniform vec4 colour;
out vec4 painted;
void main() { painted = vec4(colour.rgb * colour.a, colour.a); }`;

const TRACE_PIXELS = 1.2; // half the width of the line where the plane meets a surface
const LIGHT = [-0.4, 0.5, 0.77]; // from the upper left, towards the reader
const DEPTHS = 2 ** 24; // steps of the depth that is kept of each pixel
const SHEET_OPACITY = 0.16;

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
  const at = (name) => gl.getUniformLocation(program, name);
  return { program, at };
}

// Whether the processor draws, in place of a graphics card: smoothed edges would cost it two of
// three frames.
function paintsWithoutCard() {
  const gl = document.createElement("canvas").getContext("webgl2");
  const told = gl?.getExtension("WEBGL_debug_renderer_info");
  const named = told ? gl.getParameter(told.UNMASKED_RENDERER_WEBGL) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(named);
}

export class Painter {
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: !paintsWithoutCard() });
    if (!gl) throw new Error("this browser does not support WebGL 2");
    this.gl = gl;
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

  // Draw parts ({surface, colour, opacity}, innermost first) as the camera sees them.
  draw(scene) {
    const { gl, solid } = this;
    const { camera, pixels, background, parts, plane, reach } = scene;
    gl.viewport(0, 0, ...pixels);
    gl.clearColor(...background, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const matrix = camera.matrix(reach);
    const light = [0, 1, 2].map((n) =>
      LIGHT[0] * camera.right[n] + LIGHT[1] * camera.up[n] + LIGHT[2] * camera.near[n]);
    const long = Math.hypot(...light);
    gl.useProgram(solid.program);
    gl.uniformMatrix4fv(solid.at("view"), false, matrix);
    gl.uniform3fv(solid.at("light"), light.map((one) => one / long));
    gl.uniform4fv(solid.at("plane"), plane ? [...plane.normal, plane.offset] : [0, 0, 0, 0]);
    gl.uniform1f(solid.at("cuts"), plane?.clip ? 1 : 0);
    gl.uniform1f(solid.at("trace"), plane ? TRACE_PIXELS / camera.pixelsPerMm : 0);
    gl.disable(gl.BLEND);
    this.reach = reach;
    for (const part of parts.filter((one) => one.opacity >= 1)) this.paint(part);
    for (const part of parts.filter((one) => one.opacity < 1)) this.paintThrough(part);
    if (plane) this.paintSheet(plane.corners, plane.colour, matrix);
    gl.bindVertexArray(null);
  }

  paint(part) {
    const { gl, solid } = this;
    gl.uniform4fv(solid.at("colour"), [...part.colour, part.opacity]);
    gl.bindVertexArray(part.surface.array);
    if (part.pull) {
      gl.enable(gl.POLYGON_OFFSET_FILL);
      gl.polygonOffset(0, (-part.pull / (2 * this.reach)) * DEPTHS);
    }
    gl.drawElements(gl.TRIANGLES, part.surface.count, gl.UNSIGNED_INT, 0);
    gl.disable(gl.POLYGON_OFFSET_FILL);
  }

  // Depth first, so that only the nearest layer is drawn, transparently.
  paintThrough(part) {
    const { gl } = this;
    gl.colorMask(false, false, false, false);
    this.paint(part);
    gl.colorMask(true, true, true, true);
    gl.enable(gl.BLEND);
    this.paint(part);
    gl.disable(gl.BLEND);
  }

  paintSheet(corners, colour, matrix) {
    const { gl, flat } = this;
    gl.useProgram(flat.program);
    gl.uniformMatrix4fv(flat.at("view"), false, matrix);
    gl.bindVertexArray(this.sheet.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.sheet.corners);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(corners.flat()), gl.DYNAMIC_DRAW);
    gl.enable(gl.BLEND);
    gl.depthMask(false);
    gl.uniform4fv(flat.at("colour"), [...colour, SHEET_OPACITY]);
    gl.drawArrays(gl.TRIANGLE_FAN, 0, 4);
    gl.uniform4fv(flat.at("colour"), [...colour, 1]);
    gl.drawArrays(gl.LINE_LOOP, 0, 4);
    gl.depthMask(true);
    gl.disable(gl.BLEND);
  }
}
