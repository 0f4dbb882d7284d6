// Package users has the constant data of this example: who there is, and which token belongs to whom.
package users

// Buckets by name, each a set of keys and values. They are never written to.
var Buckets = map[string]map[string]string{
	"users": {
		"ada/display-name":    "Ada Lovelace",
		"ada/email-address":   "ada@analytical.example",
		"grace/display-name":  "Grace Hopper",
		"grace/email-address": "grace@compiler.example",
		"alan/display-name":   "Alan Turing",
		"alan/email-address":  "alan@bombe.example",
	},
	"tokens": {
		"ada-token":   "ada",
		"grace-token": "grace",
	},
}
