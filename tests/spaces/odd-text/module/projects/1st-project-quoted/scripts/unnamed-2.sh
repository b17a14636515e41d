echo three at the end


