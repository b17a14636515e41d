echo \
  continued
