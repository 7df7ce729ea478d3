package builtin_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/spawn"
)

// The main of a whole daemon: it has a worker for this machine, installs it if it is missing, and ends it when an interrupt comes.
func Example() {
	builtin.Main() // returns at once, unless this process was started to be a vendor
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	p, err := builtin.Open(builtin.Options{})
	if err != nil {
		log.Fatal(err)
	}
	entry, err := p.Ensure(ctx, provisioner.Request{Type: catalog.CpuLlm})
	if err != nil {
		log.Fatal(err)
	}
	worker, err := spawn.Start(ctx, spawn.Options{Catalog: p.Catalog(), Entry: entry, QueenURL: "http://127.0.0.1:7833"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(worker.Info().ID, "serves at", worker.Info().URL)

	select {
	case <-worker.Done():
		log.Fatal(worker.Err())
	case <-ctx.Done():
		err = worker.Stop(context.Background())
	}
	if err != nil {
		log.Fatal(err)
	}
}
