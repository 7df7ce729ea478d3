package builtin_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/spawn"
)

// The main of a whole daemon: it has a worker for this machine, installs it if it is missing, tells what happens
// meanwhile, and ends it when a signal comes, which cancels also what is under way.
func Example() {
	builtin.Main() // returns at once, unless this process was started to be a vendor
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	p, err := builtin.Open(builtin.Options{})
	if err != nil {
		log.Fatal(err)
	}
	entry, err := p.Ensure(ctx, provisioner.Request{Type: catalog.CpuLlm, OnEvent: observe})
	switch provisioner.KindOf(err) {
	case provisioner.Unreachable, provisioner.RateLimited:
		log.Fatalf("try again later: %v", err)
	case provisioner.MissingTool, provisioner.InvalidConfig:
		log.Fatalf("%v: %s", err, provisioner.HintOf(err))
	}
	if err != nil {
		log.Fatal(err)
	}
	worker, err := spawn.Start(
		ctx,
		spawn.Options{Catalog: p.Catalog(), Entry: entry, QueenURL: "http://127.0.0.1:7833"},
	)
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

// observe is told of all that an operation does, to its end.
func observe(e provisioner.Event) {
	switch {
	case e.Action == provisioner.ActionProgress && e.Progress.Total > 0:
		log.Printf("%s: %d of %d bytes, %.0f s to go", e.ID, e.Progress.Done, e.Progress.Total, e.ETA)
	case e.Action.IsTerminal():
		log.Printf("operation %s: %s", e.Operation, e.Action)
	}
}
