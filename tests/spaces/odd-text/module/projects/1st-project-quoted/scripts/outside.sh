

  leading and trailing blanks  
   