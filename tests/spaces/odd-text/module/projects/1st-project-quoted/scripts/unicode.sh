echo "Ünïcødé ✓ 漢字 👩‍👩‍👧   end" #  nbsp
