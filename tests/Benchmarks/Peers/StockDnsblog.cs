using System.Net;
using System.Net.Sockets;
using Screening.Benchmarks.Load;
using Screening.Testing.Lab;

namespace Screening.Benchmarks.Peers;

/// <summary>A real Postfix's dnsblog(8), behind it the real unbound and rbldnsd, in a network of their own.</summary>
internal sealed class StockDnsblog : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _parts = new();

    public EndPoint EndPoint { get; private set; } = null!;

    public static async Task<StockDnsblog> StartAsync()
    {
        var dnsblog = new StockDnsblog();
        try
        {
            await dnsblog.BuildAsync();
        }
        catch
        {
            await dnsblog.DisposeAsync();
            throw;
        }

        return dnsblog;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in _parts)
            await part.DisposeAsync();
    }

    private async Task BuildAsync()
    {
        var network = await NetworkLab.StartAsync();
        _parts.Push(network);
        var (resolver, lists) = (IPEndPoint.Parse("127.0.0.40:53"), IPEndPoint.Parse("127.0.0.40:5353"));
        await network.UseResolverAsync(resolver.Address);
        _parts.Push(await RblDnsd.StartAsync(
            network.Mx, lists, new Dictionary<string, Listing[]> { [DoorTalk.Zone] = [new Listing("127.0.0.2", "127.0.0.2")] }));
        _parts.Push(await Unbound.StartAsync(network.Mx, resolver, new Dictionary<string, IPEndPoint> { [DoorTalk.Zone] = lists }));
        var postfix = await PostfixInstance.StartAsync(network.Mx, _ => Task.CompletedTask);
        _parts.Push(postfix);
        EndPoint = new UnixDomainSocketEndPoint(Path.Combine(postfix.QueueFolder, "private", "dnsblog"));
    }
}
