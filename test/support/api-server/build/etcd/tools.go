//go:build tools

// Package tools pins what scripts/kube-assets.ts builds for the api test tier.
package tools

import _ "go.etcd.io/etcd/server/v3"
