module wit_component

go 1.25

require go.bytecodealliance.org/pkg v0.4.0

// A small run time of our own, see witrt/README.md.
replace go.bytecodealliance.org/pkg => ./witrt
