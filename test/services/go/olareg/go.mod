module tools

go 1.24.0

require github.com/olareg/olareg v0.1.2
