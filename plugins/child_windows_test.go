package plugins

import (
	"context"

	"github.com/rbee-keeper/provision/provisioner"
)

func beOtherEnd(string) {}

func fetchWithChild(ctx context.Context, _ provisioner.FetchRequest, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}
