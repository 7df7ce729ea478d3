package unpack

import (
	"sync"
	"sync/atomic"
)

const (
	blockSize  = 1 << 20 // bytes
	blockCount = 3
)

// block is a part of a file on its way.
type block struct {
	space []byte
	bytes []byte         // of space, what there is
	inUse sync.WaitGroup // by the stages
}

// newBlocks makes the blocks of a pipeline, which are of use to one after another.
func newBlocks() []*block {
	blocks := make([]*block, blockCount)
	for i := range blocks {
		blocks[i] = &block{space: make([]byte, blockSize)} // the runtime aligns it to pages
	}
	return blocks
}

// pipeline has several users of the same blocks at work at once, each in a goroutine of its own and at its own pace.
type pipeline struct {
	stages []chan *block
	ended  sync.WaitGroup
	failed atomic.Pointer[error] // the first error of a user
}

func newPipeline(users ...func([]byte) error) *pipeline {
	p := &pipeline{}
	for _, use := range users {
		stage := make(chan *block, blockCount)
		p.stages = append(p.stages, stage)
		p.ended.Go(func() { p.run(stage, use) })
	}
	return p
}

func (p *pipeline) run(stage <-chan *block, use func([]byte) error) {
	for b := range stage {
		if p.err() == nil {
			if err := use(b.bytes); err != nil {
				p.failed.CompareAndSwap(nil, &err)
			}
		}
		b.inUse.Done()
	}
}

// pass hands b to all users. It is theirs until b.inUse is done.
func (p *pipeline) pass(b *block) {
	b.inUse.Add(len(p.stages))
	for _, stage := range p.stages {
		stage <- b
	}
}

func (p *pipeline) err() error {
	if err := p.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// end waits until all that was passed is used, and returns the first error.
func (p *pipeline) end() error {
	for _, stage := range p.stages {
		close(stage)
	}
	p.ended.Wait()
	return p.err()
}
