"""Disables the checks of the verifier and of circuit validation one at a time; a test has to fail for each.

    scripts/mutate build             writes out/mutants/checks.tsv and builds a copy in which ZKML_MUTANT=N disables check N
    scripts/mutate run [NUMBER ...]  runs the tests for each check, or for these, that has no result in out/mutants/results.tsv
    scripts/mutate list              writes the table of docs/audit.md, and says what survived; fails if anything did
    scripts/mutate sample            builds, and runs the tests for every 20th check, from one on that the commit chooses; fails if one survives, or the table is not right

A check is one condition of a guard that throws or of `require`, a call that can only throw, or an `observe`. What binds a name (`guard let`) cannot be disabled: without the value nothing follows. A result belongs to a
check by its file and text, so that it stays when other code moves; `run` goes on where it was stopped.
"""
import glob, os, re, resource, subprocess, sys, threading

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
OUT = os.path.join(ROOT, "out/mutants")
COPY = os.path.join(OUT, "copy")
SOURCES = ["Sources/Field", "Sources/Circuit", "Sources/Verifier"]
# Functions that return nil for what is refused; elsewhere nil is an ordinary answer.
REFUSING = {"ArithmeticCircuit.swift", "BaseField.swift", "Validation.swift", "DerivedCircuits.swift", "Statement.swift"}
# Tests that pin bytes would notice any change, also of what nobody can exploit; those of hiding are about the prover.
LEFT_OUT = ["zkml", "Benchmarks", "Model", "FuzzTargets", "Fuzz", "SpendingProcess", "CommandTests", "ModelTests", "ProverTests", "ExecutionTests", "FieldTests"]
SKIPPED = "VectorTests|PinnedProofTests|LeakTests|SimulatorTests|SmallFieldTests|LeftoverTests|RoundMaskTests|SampleTests|JointViewTests"
# Filter and what it leaves to a later stage.
SLOW = "FuzzTests|UniquenessTests|MutatedProofTests|MutationTests"
STAGES = [
    ("CircuitTests|VerifierTests", f"ReferenceVerifierTests|DecodingTests|{SLOW}"), ("DecodingTests", "^$"),
    ("ProtocolTests|ReferenceVerifierTests", f"DecodingTests|{SLOW}"), (SLOW, "^$")]

TABLE = os.path.join(ROOT, "docs/audit.md")
HEADING = "| file | check | a test that fails without it |\n|---|---|---|\n"
# What no input gets to, and why it stands there.
UNREACHABLE = {
    ("Opening.swift", "reached: throw .malformed"): "no test: the last level of every plan is sent in clear",
    ("ValidationOfThresholds.swift", "shift <= 62"): "no test: by rule 8 the digit before is too large already",
}
SAMPLE_STEP = 20
# Where the process ends, and tests that ran at the time could each be the one.
ANONYMOUS = ["a test gets there", "a test crashes"] + list(UNREACHABLE.values())

# Seconds.
TIMEOUT = 900

MUTANT = """import Glibc

@usableFromInline let activeMutant: Int = {
  guard let text = unsafe getenv("ZKML_MUTANT") else { return 0 }
  return unsafe Int(String(cString: text)) ?? 0
}()

@inlinable package func holds(_ mutant: Int, _ condition: Bool) -> Bool { condition || activeMutant == mutant }
@inlinable package func reach(_ mutant: Int) { if activeMutant == mutant { exit(99) } }
@inlinable package func isOn(_ mutant: Int) -> Bool { activeMutant != mutant }
"""


def blanked(text):
    """The text with comments and string literals replaced by spaces."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return re.sub(r'//[^\n]*|"(?:[^"\\\n]|\\.)*"', blank, text)


def closing(text, start):
    """The index of the bracket that closes the one at `start`."""
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] in "([{") - (text[index] in ")]}")
        if depth == 0:
            return index
    raise ValueError("unbalanced")


def split(text, start, end, separator):
    """The parts of text[start:end] between separators outside of brackets, as (start, end)."""
    parts, depth, begin, index = [], 0, start, start
    while index < end:
        depth += (text[index] in "([{") - (text[index] in ")]}")
        if depth == 0 and text.startswith(separator, index):
            parts.append((begin, index))
            begin = index = index + len(separator)
            continue
        index += 1
    return parts + [(begin, end)]


def trimmed(text, start, end):
    while start < end and text[start].isspace(): start += 1
    while start < end and text[end - 1].isspace(): end -= 1
    return start, end


class File:
    def __init__(self, path, checks, void):
        self.path, self.checks, self.edits, self.taken = path, checks, [], []
        self.text = open(path).read()
        self.plain = blanked(self.text)
        self.guards()
        self.calls("require", conditions=True)
        for name in ["requireZero", "requireNonzero"] + sorted(void): self.calls(name)
        self.observations()
        self.throws()

    def check(self, start, end, prefix=""):
        number = len(self.checks) + 1
        text = prefix + re.sub(r"\s+", " ", self.text[start:end])
        self.checks.append((number, os.path.relpath(self.path, ROOT), 1 + self.text.count("\n", 0, start), text))
        return number

    def condition(self, start, end):
        """Each part of a conjunction is a check of its own; returns nothing for what binds a name."""
        start, end = trimmed(self.plain, start, end)
        if re.match(r"(let|var|case)\b", self.plain[start:end]): return
        alternatives = [split(self.plain, *part, "&&") for part in split(self.plain, start, end, "||")]
        atoms = [part for parts in alternatives if len(parts) > 1 for part in parts]
        for part in atoms or [(start, end)]:
            first, last = trimmed(self.plain, *part)
            number = self.check(first, last)
            prefix = "try " if re.search(r"\btry\b", self.plain[first:last]) else ""
            self.edits += [(first, f"{prefix}holds({number}, "), (last, ")")]
        return True

    def guards(self):
        for match in re.finditer(r"\bguard\b", self.plain):
            keyword = re.compile(r"\belse\s*\{").search(self.plain, match.end())
            if not keyword: continue
            body = self.plain[keyword.end():closing(self.plain, keyword.end() - 1)].strip()
            refuses = body.startswith("throw") or body == "return nil" and os.path.basename(self.path) in REFUSING
            if not refuses: continue
            parts = split(self.plain, match.end(), keyword.start(), ",")
            bindings = [self.condition(*part) for part in parts].count(None)
            if not bindings: self.taken.append((keyword.end(), closing(self.plain, keyword.end() - 1)))

    def calls(self, name, conditions=False):
        for match in re.finditer(rf"(?P<return>\breturn )?\btry (?P<target>(?:\w+\.)*){name}\(", self.plain):
            start, end = match.start(), closing(self.plain, match.end() - 1) + 1
            if conditions:
                self.condition(*split(self.plain, match.end(), end - 1, ",")[0])
                continue
            before = self.plain[:start].rstrip(" ")
            if before[-1:] not in "\n{;:": continue
            rest = self.plain[end:].lstrip(" ")
            if not match["return"] and rest[:1] not in "\n}": continue
            call = start + len(match["return"] or "")
            number = self.check(call + 4, end)
            self.edits += [(start, f"if isOn({number}) {{ "), (end, " }" + ("; return" if match["return"] else ""))]
            if match["return"]: self.edits.append((start, ("remove", len(match["return"]))))

    def observations(self):
        for match in re.finditer(r"^ *(?P<call>(?:sponge\.)?observe\()", self.plain, re.M):
            start, end = match.start("call"), closing(self.plain, match.end() - 1) + 1
            number = self.check(start, end)
            self.edits += [(start, f"if isOn({number}) {{ "), (end, " }")]

    def throws(self):
        """What cannot be disabled ends the process instead when it throws: a test has to get there."""
        for match in re.finditer(r"\bthrow\b", self.plain):
            start = match.start()
            if any(first <= start < last for first, last in self.taken): continue
            line = self.plain.rfind("\n", 0, start) + 1
            number = self.check(line + len(self.plain[line:start]) - len(self.plain[line:start].lstrip()), self.text.find("\n", start), "reached: ")
            self.edits.append((start, f"reach({number}); "))

    def rewritten(self):
        text = self.text
        # Of edits at one place the later insertion of an inner check goes inside: stable from the end.
        order = sorted(enumerate(self.edits), key=lambda e: (-e[1][0], -e[0]))
        for _, (place, edit) in order:
            if isinstance(edit, tuple): text = text[:place] + text[place + edit[1]:]
            else: text = text[:place] + edit + text[place:]
        if "Sources/Field/" not in self.path and not re.search(r"^import Field$", text, re.M): text = "import Field\n" + text
        return text


def void_functions(paths):
    """Names of functions that throw and return nothing, but for those that count as checks anyway."""
    names = set()
    for path in paths:
        plain = blanked(open(path).read())
        for match in re.finditer(r"\bfunc (\w+)\s*\(", plain):
            end = closing(plain, match.end() - 1)
            head = re.compile(r"[^{\n]*(?:\n[^{\n]*)?\{").match(plain, end + 1)
            if head and "throws" in head.group() and "->" not in head.group(): names.add(match[1])
    return names - {"require", "requireZero", "requireNonzero"}


def swift_files(folder):
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".swift"))


def collect():
    checks, files = [], []
    paths = [path for folder in SOURCES for path in swift_files(os.path.join(ROOT, folder))]
    void = void_functions(paths)
    for path in paths: files.append(File(path, checks, void))
    return checks, files


def build():
    checks, files = collect()
    wanted = {"Package.swift": package(), "Sources/Field/Mutant.swift": MUTANT}
    for top in ["Sources", "Tests"]:
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            relative = os.path.relpath(folder, ROOT)
            if any(part in LEFT_OUT for part in relative.split("/")): continue
            for name in names:
                text = open(os.path.join(folder, name), errors="surrogateescape", newline="").read()
                if not re.search(r"^import (Model|FuzzTargets)$", text, re.M): wanted[os.path.join(relative, name)] = text
    for file in files: wanted[os.path.relpath(file.path, ROOT)] = file.rewritten()
    for folder, _, names in os.walk(COPY):
        if "/.build" in folder: continue
        for path in [os.path.join(folder, name) for name in names]:
            if os.path.relpath(path, COPY) not in wanted and not os.path.islink(path): os.remove(path)
    for path, text in wanted.items(): write(os.path.join(COPY, path), text)
    for name in ["circuits", "docs"]:
        if not os.path.lexists(os.path.join(COPY, name)): os.symlink(os.path.join(ROOT, name), os.path.join(COPY, name))
    write(os.path.join(OUT, "checks.tsv"), "".join("\t".join(map(str, check)) + "\n" for check in checks))
    print(f"{len(checks)} checks", flush=True)
    subprocess.run(["swift", "build", "-c", "release", "--build-tests", "-Xcc", "-march=native"], cwd=COPY, check=True)


def package():
    """The package without what no test here needs, so that it depends on no other, and with warnings."""
    text = open(os.path.join(ROOT, "Package.swift")).read().split("\nif Context")[0].replace(".treatAllWarnings(as: .error)", "")
    for name in LEFT_OUT:
        match = re.search(rf'\.(target|executableTarget|testTarget)\(\s*name: "{name}"', text)
        if match: text = text[:match.start()] + text[closing(text, text.index("(", match.start())) + 2:]
        text = re.sub(rf'(?<!name: )"{name}", ', "", text)
    return re.sub(r'\.executable\(name: "zkml".*\n|\.package\(url: .*\n', "", text)


def write(path, text):
    if os.path.exists(path) and open(path, errors="surrogateescape", newline="").read() == text: return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", errors="surrogateescape", newline="") as file: file.write(text)


def table(name):
    path = os.path.join(OUT, name)
    return [line.rstrip("\n").split("\t") for line in open(path)] if os.path.exists(path) else []


def keyed(checks):
    """Checks by what a result belongs to: file, text, and which of those with this text."""
    seen, keys = {}, {}
    for number, file, line, text in checks:
        seen[file, text] = seen.get((file, text), 0) + 1
        keys[int(number)] = (file, text, str(seen[file, text]))
    return keys


def attempt(number, stage):
    """Runs tests with a check disabled; returns what failed first, or nothing."""
    binary = os.path.join(COPY, ".build/release/zkmlPackageTests.xctest")
    command = [binary, "--testing-library", "swift-testing", "--filter", stage[0], "--skip", f"{SKIPPED}|{stage[1]}"]
    def limit():
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    process = subprocess.Popen(command, env={**os.environ, "ZKML_MUTANT": str(number), "SWIFT_BACKTRACE": "enable=no"}, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", cwd=COPY, preexec_fn=limit)
    timer = threading.Timer(TIMEOUT, process.kill)
    timer.start()
    running = []
    try:
        for line in process.stdout:
            match = re.search(r"Test (.+?) started\.", line)
            if match and not re.search("Test (run|case)", line): running.append(match[1])
            match = re.search(r"Test (.+?)(?: with \d+ test cases)? (?:passed|failed) after", line)
            if match and match[1] in running: running.remove(match[1])
            match = re.search(r"Test (.+?) recorded an issue", line)
            if match: return match[1].strip('"')
        code = process.wait()
        if not timer.is_alive(): return f"does not end: {' or '.join(running)}"
        return {0: None, 99: ANONYMOUS[0]}.get(code, ANONYMOUS[1])
    finally:
        timer.cancel()
        process.kill()
        process.wait()


def first_failure(number, sound):
    """Of a check's tests, stage by stage; nothing if it survives."""
    for stage in STAGES:
        if stage not in sound and (failed := attempt(0, stage)): sys.exit(f"without a mutant: {failed}")
        sound.add(stage)
        if failed := attempt(number, stage): return failed


def run(numbers):
    keys = keyed(table("checks.tsv"))
    done = {tuple(row[:3]) for row in table("results.tsv")}
    sound = set()
    for number in numbers or list(keys):
        if (keys[number] in done or reason(keys[number])) and not numbers: continue
        failed = first_failure(number, sound)
        with open(os.path.join(OUT, "results.tsv"), "a") as results: results.write("\t".join((*keys[number], failed or "")) + "\n")
        print(number, *keys[number][:2], "--", failed or "SURVIVED", flush=True)


def reason(key):
    return UNREACHABLE.get((os.path.basename(key[0]), key[1]))


def row(key):
    return f"| {os.path.basename(key[0])} | `{key[1].replace('|', chr(92) + '|')}` | "


def report():
    keys, results = keyed(table("checks.tsv")), {tuple(row[:3]): row[3] for row in table("results.tsv")}
    if not keys: sys.exit("there are no results: scripts/mutate build and run come first")
    tests = [(key, reason(key) or results.get(key, "not run")) for key in keys.values()]
    text = open(TABLE).read()
    start = text.index(HEADING) + len(HEADING)
    end = start + re.compile(r"(\|.*\n)*").match(text[start:]).end()
    rows = "".join(f"{row(key)}{test.replace('|', chr(92) + '|') or '**none**'} |\n" for key, test in tests)
    write(TABLE, text[:start] + rows + text[end:])
    survivors = [key for key, test in tests if test in ("", "not run")]
    for key in survivors: print(*key[:2], file=sys.stderr)
    print(f"{len(keys)} checks, {len(survivors)} without a test", file=sys.stderr)
    sys.exit(bool(survivors))


def sample():
    checks = [tuple(map(str, check)) for check in collect()[0]]
    rows = open(TABLE).read().partition(HEADING)[2]
    listed = sorted(re.findall(r"^\| .*?` \| ", rows, re.M))
    if listed != sorted(row(key) for key in keyed(checks).values()):
        sys.exit("docs/audit.md lists other checks than there are: scripts/mutate build, run and list make it right")
    tests = "".join(open(path).read() for path in glob.glob(os.path.join(ROOT, "Tests/**/*.swift"), recursive=True))
    for name in re.findall(r"^\| \S+ \| .*` \| (.*) \|$", rows, re.M):
        if name not in ANONYMOUS and re.sub(r"\(.*", "", name) not in tests: sys.exit(f"docs/audit.md lists a test that there is not: {name}")
    build()
    keys, sound, survivors = keyed(table("checks.tsv")), set(), 0
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip() or "0"
    for number in list(keys)[int(commit, 16) % SAMPLE_STEP::SAMPLE_STEP]:
        if reason(keys[number]): continue
        failed = first_failure(number, sound)
        survivors += not failed
        print(number, *keys[number][:2], "--", failed or "SURVIVED", flush=True)
    sys.exit(survivors > 0)


if __name__ == "__main__":
    command, *numbers = sys.argv[1:] or ["list"]
    {"build": build, "run": lambda: run([int(number) for number in numbers]), "list": report, "sample": sample}[command]()
