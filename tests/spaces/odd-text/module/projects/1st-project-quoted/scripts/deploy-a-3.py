import json
print(f"{json.dumps({'a': 1})} {{literal}} %s" % "x")
d = {"k": r"C:\new"}
# EOT
EOT = """
EOT
"""