"""Open a study in OHIF with Chromium, load a segmentation, and write down what it shows.

A process of its own, in the network of the test that starts it, which writes to a folder which
slices to show:
python -m tests.archive.ohif_visit ADDRESS STUDY SERIES FOLDER
"""

import json
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

from tests.browsers import open_browser

SLICES, SEEN = "slices.json", "seen.json"
MOST_MS = 60_000
LOADED = """series => window.services?.displaySetService.activeDisplaySets
  .find(one => one.SeriesInstanceUID === series)?.SeriesDescription"""
OBJECTS = """() => window.services.displaySetService.activeDisplaySets.map(one => ({
  modality: one.Modality, description: one.SeriesDescription,
  patients: (one.instances ?? [one.instance]).map(each => [each.PatientID, `${
    each.PatientName?.[0]?.Alphabetic ?? each.PatientName?.Alphabetic ?? each.PatientName}`]),
}))"""
# voxels of each segment on each slice, of the labels that the viewer draws
COUNTS = """() => {
  const counts = {};
  const [state] = window.cornerstoneTools.segmentation.state.getSegmentations();
  for (const id of state.representationData.Labelmap.imageIds) {
    const image = window.cornerstone.cache.getImage(id);
    const slice = image.referencedImageId.match(/instances\\/([0-9.]+)/)[1];
    const of = counts[slice] ??= {};
    for (const value of image.voxelManager.getScalarData())
      if (value) of[value] = (of[value] ?? 0) + 1;
  }
  const names = Object.values(state.segments).map(one => [one.segmentIndex, one.label]);
  return { counts, names: Object.fromEntries(names) };
}"""
ROWS = """rows => rows.map(row => ({
  name: row.querySelector('[data-cy="data-row-title"]').innerText,
  colour: getComputedStyle(row.querySelector('[data-cy="data-row-colorhex"]')).backgroundColor,
}))"""
SHOW = """async instance => {
  const { services, cornerstone } = window;
  const viewport = services.cornerstoneViewportService.getCornerstoneViewport('default');
  await viewport.setImageIdIndex(viewport.getImageIds().findIndex(
    one => one.includes(`instances/${instance}/`)));
  await new Promise(resolve => {
    viewport.element.addEventListener(
      cornerstone.Enums.Events.IMAGE_RENDERED, resolve, { once: true });
    viewport.render();
  });
}"""
DRAWN = """([origin, right, down]) => {
  const viewport =
    window.services.cornerstoneViewportService.getCornerstoneViewport('default');
  return {
    picture: viewport.getCanvas().toDataURL('image/png').split(',')[1],
    places: [origin, right, down].map(one => viewport.worldToCanvas(one)),
  };
}"""


def visit(address: str, study: str, series: str, folder: Path, slices: list[Any]) -> dict[str, Any]:
    """Load a segmentation of a study, and give what the viewer shows; pictures go to a folder."""
    said: list[str] = []
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(MOST_MS)
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda one: said.append(str(one)))
        page.goto(f"{address}/viewer?StudyInstanceUIDs={study}")
        page.get_by_text("Skip all").click()  # of a tour through the viewer
        described = page.wait_for_function(LOADED, arg=series).json_value()
        page.screenshot(path=folder / "study.png")
        page.get_by_text(described).dblclick()
        page.get_by_role("button", name="Yes").click()
        page.locator('[data-cy="panelSegmentation-btn"]').click()
        rows = page.locator('[data-cy="data-row"]')
        rows.first.wait_for()
        seen = {
            "objects": page.evaluate(OBJECTS),
            "segments": rows.evaluate_all(ROWS),
            **page.evaluate(COUNTS),
            "text": page.locator("body").inner_text(),
            "drawn": {},
        }
        for number, one in enumerate(slices):
            page.evaluate(SHOW, one["instance"])
            drawn = page.evaluate(DRAWN, one["places"])
            name = f"slice-{number}.png"
            (folder / name).write_bytes(b64decode(drawn["picture"]))
            page.screenshot(path=folder / f"page-{number}.png")
            seen["drawn"][one["instance"]] = {"picture": name, "places": drawn["places"]}
        seen["console"] = said
    return seen


if __name__ == "__main__":
    place = Path(sys.argv[4])
    asked = json.loads((place / SLICES).read_text("utf-8"))
    address, study, series = sys.argv[1:4]
    told = visit(address, study, series, place, asked)
    (place / SEEN).write_text(json.dumps(told), "utf-8")
