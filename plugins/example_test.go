package plugins_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/provisioner"
)

var source provisioner.VendorSource // of the author

// The main of a vendor.
func ExampleServe() {
	plugins.Serve(source)
}

// The host starts the vendor, asks, and ends it.
func ExampleLaunch() {
	ctx := context.Background()
	vendor, err := plugins.Launch(ctx, plugins.Command{
		Name: "acme",
		Path: "/opt/acme/provision-vendor-acme",
		Env:  []string{"PATH=" + os.Getenv("PATH")},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = vendor.Close() }()
	description, err := vendor.Describe(ctx)
	if err != nil {
		log.Println(err)
		return
	}
	fmt.Println(description.Name, description.Version)
}
