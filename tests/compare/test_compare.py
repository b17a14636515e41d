"""The comparer must see every change: a comparer that forgives is worse than none."""
import copy, json, os, re, subprocess, sys, tempfile, unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SPACES = os.path.join(HERE, "..", "spaces")


def load(name):
    with open(os.path.join(SPACES, name, "space.json"), encoding="utf-8") as file:
        return json.load(file)


def compare(source, destination, *options):
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name, dump in (("a.json", source), ("b.json", destination)):
            names.append(os.path.join(folder, name))
            with open(names[-1], "w", encoding="utf-8") as file:
                json.dump(dump, file)
        run = subprocess.run([sys.executable, os.path.join(HERE, "compare-spaces"), *options, *names], capture_output=True, text=True)
        return run.returncode, run.stdout + run.stderr


def renumbered(dump):
    """The same space with all numbered ids moved, as another server would have given them."""
    text = json.dumps(dump)
    return json.loads(re.sub(r'((?:Environments|Projects|Accounts|Feeds|Lifecycles|Tenants|Machines|LibraryVariableSets|Runbooks|Channels|ActionTemplates)-)(\d+)', lambda m: m.group(1) + str(int(m.group(2)) + 700), text))


def leaves(value, path=()):
    if isinstance(value, dict):
        for field, inner in value.items():
            yield from leaves(inner, path + (field,))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, path + (index,))
    else:
        yield path


COMPUTED = {"Id", "SpaceId", "Version", "LastSnapshotId", "HealthStatus", "Status", "StatusSummary", "HasLatestCalamari", "IsInProcess",
            "Architecture", "OperatingSystem", "ShellName", "ShellVersion", "Assembled"}
FROZEN = ("Frozen", "LibraryVariableSetSnapshotIds", "ProjectVariableSetSnapshotId")


class Comparer(unittest.TestCase):
    def test_the_same_space_with_other_ids_is_equal(self):
        for name in ("small-web", "shop", "odd-text"):
            code, output = compare(load(name), renumbered(load(name)))
            self.assertEqual(code, 0, output)

    def test_every_field_counts(self):
        source = load("small-web")
        space = next(s for s in source["Documents"] if s != "Server")
        changed = 0
        for collection, documents in source["Documents"][space].items():
            if collection in ("deploymentsettings",):
                continue
            for identifier, document in documents.items():
                for path in leaves(document):
                    if any(p in COMPUTED or str(p).startswith(FROZEN) for p in path):
                        continue
                    other = copy.deepcopy(source)
                    value = other["Documents"][space][collection][identifier]
                    for step in path[:-1]:
                        value = value[step]
                    old = value[path[-1]]
                    value[path[-1]] = (not old) if isinstance(old, bool) else old + 1 if isinstance(old, int) else (old or "") + "~"
                    if changed % 7 == 0:  # A process a leaf: every seventh leaf is enough to catch a class of fields that is forgiven.
                        code, output = compare(source, other, "--quiet")
                        self.assertEqual(code, 1, "%s %s %s: the change was not seen" % (collection, identifier, path))
                    changed += 1
        self.assertGreater(changed, 300)

    def test_a_step_has_the_newest_version_of_its_template_or_another_one(self):
        source, written, behind = load("bookshop"), load("bookshop"), load("bookshop")
        documents = lambda dump: next(documents for space, documents in dump["Documents"].items() if space != "Server")
        step = lambda dump: next(action["Properties"] for step in documents(dump)["deploymentprocesses"]["deploymentprocess-Projects-6"]["Steps"]
                                 for action in step["Actions"] if action["Properties"].get("Octopus.Action.Template.Id"))
        for dump in (written, behind):
            documents(dump)["actiontemplates"]["ActionTemplates-1"]["Version"] = 3
        step(written)["Octopus.Action.Template.Version"] = "3"
        code, output = compare(source, written)
        self.assertEqual(code, 0, output)
        code, output = compare(source, behind)
        self.assertIn('Octopus.Action.Template.Version: "<the newest>" → "0"', output)
        self.assertEqual(code, 1)

    def test_a_missing_document_and_an_extra_one_count(self):
        source, other = load("shop"), load("shop")
        space = next(s for s in source["Documents"] if s != "Server")
        accounts = other["Documents"][space]["accounts"]
        accounts.pop(sorted(accounts)[0])
        self.assertEqual(compare(source, other, "--quiet")[0], 1)
        self.assertEqual(compare(other, source, "--quiet")[0], 1)

    def test_secrets_are_compared_by_bytes(self):
        source, other = load("shop"), load("shop")
        identifier = sorted(other["Secrets"])[0]
        field = sorted(other["Secrets"][identifier])[0]
        other["Secrets"][identifier][field] += " "
        code, output = compare(source, other)
        self.assertEqual(code, 1)
        self.assertIn("WRONG BYTES", output)
        del other["Secrets"][identifier][field]
        code, output = compare(source, other)
        self.assertEqual(code, 1)
        self.assertIn("secret absent", output)

    def test_only_a_line_with_a_fact_allows_a_difference(self):
        source, other = load("small-web"), load("small-web")
        space = next(s for s in source["Documents"] if s != "Server")
        for trigger in other["Documents"][space]["projecttriggers"].values():
            trigger["IsDisabled"] = not trigger["IsDisabled"]
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as allowed:
            allowed.write("differ\tprojecttriggers\tIsDisabled\theld until the cutover\n")
            allowed.flush()
            self.assertEqual(compare(source, other, "--quiet")[0], 1)
            self.assertEqual(compare(source, other, "--quiet", "--allowed", allowed.name)[0], 0)
            allowed.write("differ\tprojecttriggers\tName\t\n")
            allowed.flush()
            self.assertNotIn(compare(source, other, "--quiet", "--allowed", allowed.name)[0], (0,))

    def test_an_empty_list_is_allowed_for_null_and_nothing_else_is(self):
        source, other = load("small-web"), load("small-web")
        space = next(s for s in source["Documents"] if s != "Server")
        phases = [phase for one in other["Documents"][space]["lifecycles"].values() for phase in one["Phases"]]
        without = next(phase for phase in phases if phase["AutomaticDeploymentTargets"] is None)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as allowed:
            allowed.write("empty\tlifecycles\tPhases/*DeploymentTargets\tthe same\n")
            allowed.flush()
            for value, code in ([], 0), (without["OptionalDeploymentTargets"], 1), ("", 1):
                without["AutomaticDeploymentTargets"] = value
                self.assertEqual(compare(source, other, "--quiet")[0], 1)
                self.assertEqual(compare(source, other, "--quiet", "--allowed", allowed.name)[0], code, value)

    def test_untouched_sees_a_new_id(self):
        source, other = load("small-web"), renumbered(load("small-web"))
        self.assertEqual(compare(source, source, "--untouched")[0], 0)
        self.assertEqual(compare(source, other, "--untouched")[0], 1)


if __name__ == "__main__":
    unittest.main()
