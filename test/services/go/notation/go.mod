module tools

go 1.24.0

require github.com/notaryproject/notation v1.3.2
