package catalog_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/rbee-keeper/provision/catalog"
)

func Example() {
	home, err := os.MkdirTemp("", "rbee")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(home)
	executable, err := os.Executable() // stands in for a worker's
	if err != nil {
		log.Fatal(err)
	}

	workers, err := catalog.NewWorkerCatalogAt(home) // NewWorkerCatalog opens this user's
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	id := catalog.ID{
		Type: catalog.CpuLlm, Version: catalog.MustVersion("0.1.0"), Platform: catalog.Current(), Arch: catalog.CurrentArch(),
	}.String() // cpu-llm-worker-rbee-v0.1.0-linux, or another platform
	worker := catalog.NewWorkerBinary(id, catalog.CpuLlm, catalog.Current(), executable, 1_024_000, "0.1.0")
	if err := workers.Add(ctx, worker); err != nil {
		log.Fatal(err)
	}

	found, err := workers.FindByTypeAndPlatform(catalog.CpuLlm, catalog.Current())
	fmt.Println("found", found.Version, err)

	list, err := workers.List()
	fmt.Println("listed", len(list), err)

	got, err := workers.Get(id)
	fmt.Println("got", got.WorkerType, got.Status, err)

	err = workers.Remove(ctx, id, catalog.LockOptions{})
	fmt.Println("removed", workers.Len() == 0, err)

	// Output:
	// found 0.1.0 <nil>
	// listed 1 <nil>
	// got cpu-llm Available <nil>
	// removed true <nil>
}
