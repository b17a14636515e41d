echo tide
exit 0
