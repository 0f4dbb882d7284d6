//go:build tools

// Package tools pins what scripts/kube-assets.ts builds for the api test tier.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
)
