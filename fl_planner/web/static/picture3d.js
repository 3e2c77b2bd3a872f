// A picture of the 3D view, with what stands over its canvas as elements.

const PAPER_PX = 16; // of a letter

// A PNG at a multiple of the view's size in CSS pixels.
export function takePicture(view, times) {
  const { canvas, camera, host } = view;
  const size = camera.size.map((one) => Math.round(one * times));
  const was = [canvas.width, canvas.height];
  [canvas.width, canvas.height] = size;
  view.paint(size);
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = size;
  const ink = sheet.getContext("2d");
  const look = getComputedStyle(host);
  ink.fillStyle = look.backgroundColor;
  ink.fillRect(0, 0, ...size);
  ink.drawImage(canvas, 0, 0);
  [canvas.width, canvas.height] = was;
  view.draw();
  write(view, ink, times, look.color);
  return new Promise((done) => sheet.toBlob(done, "image/png"));
}

// Letters, names and the scale.
function write(view, ink, times, colour) {
  const box = view.host.getBoundingClientRect();
  ink.fillStyle = ink.strokeStyle = colour;
  ink.textAlign = "center";
  ink.textBaseline = "middle";
  const said = [...Object.values(view.sides), ...view.labels.map(({ span }) => span).filter((one) => !one.hidden)];
  for (const one of said) {
    const at = one.getBoundingClientRect();
    ink.font = `bold ${(one.className.includes("name") ? 0.8 : 1) * PAPER_PX * times}px system-ui, sans-serif`;
    ink.fillText(one.textContent, (at.left + at.width / 2 - box.left) * times, (at.top + at.height / 2 - box.top) * times);
  }
  const bar = view.bar.getBoundingClientRect();
  const [left, low] = [(bar.left - box.left) * times, (bar.bottom - box.top) * times];
  ink.font = `${0.8 * PAPER_PX * times}px system-ui, sans-serif`;
  ink.fillText(view.bar.textContent, left + (bar.width * times) / 2, low - 11 * times);
  ink.lineWidth = 2 * times;
  ink.strokeRect(left, low, bar.width * times, 0);
}
