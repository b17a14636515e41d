"""The check of the contract sees each kind of departure from the reference."""
import importlib.machinery, importlib.util, os, unittest

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check")
loader = importlib.machinery.SourceFileLoader("check", path)
check = importlib.util.module_from_spec(importlib.util.spec_from_loader("check", loader))
loader.exec_module(check)

REFERENCE = check.Reference([
    {"route": "GET {s}/things", "query": "name skip*"},
    {"route": "GET {s}/things/{id}"},
    {"route": "GET {s}/things/all"},
    {"route": "POST {s}/things", "needs": "Name Details Details.Type Parts[].Name"},
    {"route": "GET /api/spaces/{id}"},
])


def found(method, path, query="", fields=()):
    return check.unlisted(REFERENCE, {"Method": method, "Path": path, "Query": query, "Fields": list(fields)})


class Check(unittest.TestCase):
    def test_what_is_listed_is_fine_in_each_spelling(self):
        for path in ("/api/Spaces-2/things", "/api/spaces/shop/things", "/api/things", "/api/Spaces-2/Things"):
            self.assertEqual(found("GET", path, "skip=0&Name=x"), [], path)
        self.assertEqual(found("GET", "/api/spaces/Spaces-1"), [])

    def test_what_is_not_listed_is_found(self):
        self.assertEqual(found("PUT", "/api/Spaces-2/things/Things-1"), ["route PUT {s}/things/{}"])
        self.assertEqual(found("GET", "/api/Spaces-2/others"), ["route GET {s}/others"])
        self.assertEqual(found("GET", "/api/Spaces-2/things", "ids=1"), ["query GET {s}/things ids", "without GET {s}/things skip"])

    def test_required_fields_are_demanded_where_their_owner_is(self):
        self.assertEqual(found("POST", "/api/Spaces-2/things", "", ["Name", "Details", "Details.type"]), [])
        self.assertEqual(found("POST", "/api/Spaces-2/things", "", ["Name", "Details", "Parts", "Parts[]"]), ["without POST {s}/things Details.Type"])
        self.assertEqual(found("POST", "/api/Spaces-2/things", "", ["Details", "Details.Type", "Parts"]),
                         ["without POST {s}/things Name", "without POST {s}/things Parts[].Name"])

    def test_a_body_that_was_never_read_is_not_judged(self):
        for status, is_so in ((0, True), (429, True), (503, True), (400, False), (201, False)):
            self.assertEqual(check.broken_off({"Status": status, "Fields": None}), is_so, status)
        self.assertFalse(check.broken_off({"Status": 0, "Fields": []}), "a body without fields was read")

    def test_literal_segments_win(self):
        self.assertEqual(REFERENCE.find("GET", ["things", "all"], True)["route"], "GET {s}/things/all")

    def test_entries_cover_one_segment(self):
        self.assertTrue(check.allows("route GET {s}/a/{}", "route GET {s}/a/b-1"))
        self.assertFalse(check.allows("route GET {s}/a/{}", "route GET {s}/a/b/c"))


if __name__ == "__main__":
    unittest.main()
