horn() {
  echo "long blast ${1}"
}