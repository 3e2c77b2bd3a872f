// A small picture of a dropped mask on the CT, so that its role is confirmed by eye.

const TINT = [255, 165, 33], SHARE = 0.55, BODY = 40; // of the mask; grey without a CT

// A canvas that is filled once the picture comes; its place stays empty until then, and where there is
// none, so that nothing below it moves. `ask` fetches.
export function thumbnail(ask, id, file) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { className: "thumb", width: 1, height: 1 });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `Largest axial slice of ${file}`);
  canvas.dataset.filled = "false";
  fill(canvas, ask(`/cases/${id}/thumbnail?file=${encodeURIComponent(file)}`)).catch((wrong) => {
    if (!wrong.told) throw wrong; // a file without a mask has no picture
  });
  return canvas;
}

async function fill(canvas, asked) {
  const buffer = await (await asked).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const { size, ct } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const pixels = new Uint8Array(buffer, 4 + length);
  [canvas.width, canvas.height] = size;
  const shown = new ImageData(...size);
  for (let n = 0; n < size[0] * size[1]; n++) {
    const [grey, mask] = [ct ? pixels[2 * n] : BODY, pixels[2 * n + 1] ? SHARE : 0];
    for (let channel = 0; channel < 3; channel++) shown.data[4 * n + channel] = grey * (1 - mask) + TINT[channel] * mask;
    shown.data[4 * n + 3] = 255;
  }
  canvas.getContext("2d").putImageData(shown, 0, 0);
  canvas.dataset.filled = "true";
}
