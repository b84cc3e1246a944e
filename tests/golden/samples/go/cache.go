// Package cache keeps values that expire.
package cache

import (
	"context"
	"sync"
	"time"
)

const DefaultTTL = time.Minute

const (
	Small = 1 << iota
	Large
)

// ErrMissing is returned for an unknown key.
var ErrMissing = errors.New("cache: missing")

// Cache is safe for concurrent use.
type Cache[K comparable, V any] struct {
	mu      sync.Mutex
	entries map[K]entry[V]
	Now     func() time.Time
}

type entry[V any] struct {
	value   V
	expires time.Time
}

type (
	// Loader fetches what is missing.
	Loader interface {
		Load(ctx context.Context, key string) ([]byte, error)
		Close() error
	}
	Key = string
)

type Duration time.Duration

// New makes an empty cache.
func New[K comparable, V any]() *Cache[K, V] {
	return &Cache[K, V]{entries: make(map[K]entry[V])}
}

// Get returns the value for key.
//
// It never blocks for long.
func (c *Cache[K, V]) Get(key K) (V, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok || c.Now().After(e.expires) {
		var zero V
		return zero, ErrMissing
	}
	return e.value, nil
}

func (d Duration) String() string { return time.Duration(d).String() }

var expired = func(e time.Time) bool {
	return time.Now().After(e)
}

func init() {
	go func() {
		for range time.Tick(DefaultTTL) {
			sweep()
		}
	}()
}

//go:noinline
func sweep()

var (
	clock = func() time.Time {
		return time.Now()
	}
)

var _ = Describe("a cache", func() {
	It("forgets what is expired", func() {
		Expect(expired(clock())).To(BeFalse())
	})
})
