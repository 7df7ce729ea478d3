// Package builtin gives any program the built-in vendors, out of process: the program starts itself again as a vendor.
// A daemon that wants to provision workers calls Main first in its main, and Open for a Provisioner:
//
//	func main() {
//		builtin.Main()
//		p, err := builtin.Open(builtin.Options{})
//		…
//		worker, err := p.Ensure(ctx, provisioner.Request{Type: catalog.CpuLlm})
//	}
//
// It is the one package of plugins that knows vendors. What a vendor does it does not know.
package builtin
