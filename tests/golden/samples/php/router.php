<?php

declare(strict_types=1);

namespace App\Http;

use Closure;

interface Handler
{
    public function handle(Request $request): Response;
}

/**
 * Finds the handler for a path.
 */
#[Service(shared: true)]
final class Router implements Handler
{
    use LogsRequests;

    public const VERSION = 2;

    private array $routes = [];

    public function __construct(private readonly Container $container)
    {
    }

    /**
     * Adds a route.
     *
     * @param string $path
     */
    #[Pure]
    public function add(string $path, Closure|string $handler): static
    {
        $this->routes[$path] = $handler;
        return $this;
    }

    public function handle(Request $request): Response
    {
        $match = function (string $path) use ($request): bool {
            return str_starts_with($request->path(), $path);
        };
        foreach ($this->routes as $path => $handler) {
            if ($match($path)) {
                return $this->container->get($handler)?->handle($request);
            }
        }
        throw new NotFound($request);
    }

    abstract protected function fallback(): Response;

    public static function fromArray(array $routes): self
    {
        return array_reduce(array_keys($routes), fn ($router, $path) => $router->add($path, $routes[$path]));
    }
}

trait LogsRequests
{
    protected function log(Request $request): void
    {
        Logger::info((string) $request);
    }
}

enum Method: string
{
    case Get = 'GET';
    case Post = 'POST';

    public function isSafe(): bool
    {
        return $this === self::Get;
    }
}

function route(string $path): string
{
    return sprintf('/%s', ltrim($path, '/'));
}

$home = fn (Request $request) => new Response('hello');

$middleware = new class implements Handler {
    public function handle(Request $request): Response
    {
        return new Response('');
    }
};

define('ROUTES', 10);

describe('a router', function () {
    it('finds a route', function () {
        expect((new Router())->find('/'))->not->toBeNull();
    });
});
