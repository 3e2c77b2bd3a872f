"""A case file as it stands on the page, planned as the command line plans it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.planning.judgement import Grounds, Judged
from fl_planner.record.declaration.part import as_json
from fl_planner.record.plan import as_plan_record
from fl_planner.trials.statements import Stated
from fl_planner.web.dossier.case_text import CaseText
from fl_planner.workup.exports import Exports
from fl_planner.workup.plan import ReadRequest, write_plan
from fl_planner.workup.python.options import PlanOptions
from fl_planner.workup.python.words import as_words
from fl_planner.workup.request import alone, lay_options

if TYPE_CHECKING:
    from fl_planner.intake.request.request import Request
    from fl_planner.planning.given.case import Case
    from fl_planner.planning.plan import Plan
    from fl_planner.record.growth.growth import GrowthRecord
    from fl_planner.record.plan import PlanRecord

BESIDE_FILES = ("case", "centre", "trial")  # roles of inputs that hold no image


@dataclass(frozen=True, slots=True)
class PlannedCase:
    """A case file and its plan.

    - `text`: the case file.
    - `words`: what is asked beside it, by the options of `plan`.
    - `request`: both.
    - `plan`, `record`: what it comes to, as `fl-planner plan` has it.
    - `earlier`: case files of earlier scans, oldest first; `growth` is what lies between them.
    """

    text: CaseText
    words: Mapping[str, Any]
    request: Request
    plan: Plan
    record: PlanRecord
    earlier: tuple[CaseText, ...] = ()
    growth: GrowthRecord | None = None

    @classmethod
    def of(
        cls, text: CaseText, options: Mapping[str, Any], see: Callable[[Case], None]
    ) -> PlannedCase:
        """Read all files and plan; refused as planning.

        - `see`: shown the case as it was read, before it is planned.
        """
        words = as_words("plan", PlanOptions, options)
        request = lay_options(text.parse(), words)
        exports, trials = Exports(profile=words["profile"]), words["trials"]
        read = ReadRequest.of(request, trials)
        see(read.case)
        return cls(text, words, request, *write_plan(request, exports, trials, read=read))

    def with_facts(self, text: CaseText) -> PlannedCase:
        """Plan again, where nothing but facts was said without reading a file again."""
        from fl_planner.planning.plan import plan_again

        request = lay_options(text.parse(), self.words)
        if _without_facts(request) != _without_facts(self.request):
            return self.anew(text)
        assert request.case_file is not None
        grounds, rules = read_grounds(self.words["trials"], request.centre, request.as_of)
        files = (one for one in self.plan.case.inputs if one.role not in BESIDE_FILES)
        inputs = (request.case_file, *files, *rules)
        case = replace(self.plan.case, stated=request.stated, inputs=inputs)
        plan = plan_again(self.plan, case, grounds)
        record = as_plan_record(plan, self.words["profile"])
        return replace(self, text=text, request=request, plan=plan, record=record)._grown()

    def anew(self, text: CaseText) -> PlannedCase:
        """Plan again, and read every file again."""
        request = lay_options(text.parse(), self.words)
        exports = Exports(profile=self.words["profile"])
        plan, record = write_plan(request, exports, self.words["trials"])
        return replace(self, text=text, request=request, plan=plan, record=record)._grown()

    def beside(self, earlier: CaseText) -> PlannedCase:
        """Set the scan of another case file before this one, as `plan --earlier` does.

        Raises `InputRefused`: as `read_growth` and `with_growth`.
        """
        return replace(self, earlier=(*self.earlier, earlier)).anew(self.text)

    def _grown(self) -> PlannedCase:
        """Tell the growth from the earlier scans up to this one."""
        if not self.earlier:
            return self
        from fl_planner.record.growth.growth import as_growth
        from fl_planner.workup.growth import read_growth, with_growth

        limit = self.words["size_limit"]
        scans = [alone(one.parse(), size_limit=limit) for one in (*self.earlier, self.text)]
        growth = as_growth(read_growth(scans, limit), self.words["profile"])
        return replace(self, record=with_growth(self.record, growth), growth=growth)

    @property
    def grounds(self) -> Grounds:
        """What the patient is judged by."""
        request = self.request
        return read_grounds(self.words["trials"], request.centre, request.as_of)[0]

    def as_json(self) -> str:
        """Write the record as `plan --json` prints it."""
        return as_json(self.record)

    def judge(self, more: Stated, grounds: Grounds) -> Judged:
        """Judge with one statement more, as planning would."""
        from fl_planner.planning.case_answers import answer_case, measured_with

        before = self.plan.case
        case = replace(before, stated=before.stated.overlaid(more))
        measured = measured_with(self.plan.measured, before, case)
        return answer_case(case, measured, grounds).judged


def _without_facts(request: Request) -> Request:
    return replace(request, stated=Stated(), case_file=None)
