echo long name
