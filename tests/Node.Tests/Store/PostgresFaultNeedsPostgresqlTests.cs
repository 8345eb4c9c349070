using System.Diagnostics;
using Screening.Actors.Whitelist;
using Screening.Node.Configuration;
using Screening.Node.Store;
using Screening.Testing;
using Screening.Testing.Postgres;

namespace Screening.Node.Tests.Store;

/// <summary>What a node sees of a database that is stopped, killed, frozen or full.</summary>
public sealed class PostgresFaultNeedsPostgresqlTests
{
    [SkippableFact]
    public async Task A_server_that_goes_and_comes_back_is_noticed_each_time()
    {
        await using var server = await StartAsync();
        var store = Store(server);
        await store.PrepareAsync(CancellationToken.None);

        await server.StopAsync();
        Assert.EndsWith("Connection refused", await FaultAsync(store));
        await server.RestartAsync();
        await store.PingAsync(CancellationToken.None);

        await server.KillAsync();
        Assert.EndsWith("Connection refused", await FaultAsync(store));
        await server.RestartAsync();
        await store.PingAsync(CancellationToken.None);
        Assert.Equal("1", await server.QueryAsync("SELECT count(*) FROM screening_meta WHERE key = 'heartbeat mx1'"));
    }

    [SkippableFact]
    public async Task A_server_that_hangs_does_not_hold_a_node()
    {
        await using var server = await StartAsync();
        var store = Store(server);
        await store.PrepareAsync(CancellationToken.None);

        server.Freeze();
        Assert.EndsWith("no answer within 2 s", await FaultAsync(store));
        Assert.True(store.HasSpareThreads);
        var unlocked = store.Lock!.TryAcquireAsync("it", "a", TimeSpan.FromSeconds(60), CancellationToken.None)
            .Within("the end of a call to a frozen server");
        Assert.EndsWith("no answer within 2 s", (await Assert.ThrowsAsync<StoreException>(() => unlocked)).Message);

        server.Resume();
        await store.PingAsync(CancellationToken.None);
        Assert.False(store.HasSpareThreads);
    }

    /// <summary>The pool's usual minimum is one thread for each processor: two calls that hold one would stop a node with two.</summary>
    [Fact]
    [Trait("Finding", "lab-5")]
    public async Task Calls_that_hold_threads_leave_some_for_others()
    {
        const int Calls = 16;
        var spare = new SpareThreads(Calls + 1);
        using var end = new ManualResetEventSlim();
        using var held = new CountdownEvent(Calls);
        spare.Hold(true);
        ThreadPool.GetMinThreads(out var minimum, out _);
        for (var i = 0; i < Calls; i++)
        {
            ThreadPool.QueueUserWorkItem(_ =>
            {
                held.Signal();
                end.Wait();
            });
        }

        Assert.True(held.Wait(Waiting.Limit));
        await Task.Run(static () => { }).Within("another one's turn");
        end.Set();
        spare.Hold(false);
        ThreadPool.GetMinThreads(out var usual, out _);
        Assert.True(usual < minimum);
    }

    [SkippableFact]
    public async Task A_statement_that_hangs_does_not_hold_a_node()
    {
        await using var server = await StartAsync();
        var store = Store(server);
        await store.PrepareAsync(CancellationToken.None);
        var held = server.QueryAsync("BEGIN; LOCK TABLE screening_meta; SELECT pg_sleep(5)");
        // It answers until the lock is taken.
        string? fault = null;
        while (fault is null && !held.IsCompleted)
            fault = (await Record.ExceptionAsync(() => store.PingAsync(CancellationToken.None)))?.Message;
        Assert.EndsWith("no answer within 2 s", fault);
        await held;
        await store.PingAsync(CancellationToken.None);
    }

    [SkippableFact]
    public async Task A_disk_that_is_full_fails_the_ping()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root, to mount a small disk");
        await using var disk = await SmallDisk.MountAsync();
        await using var server = await StartAsync(disk.Folder);
        var store = Store(server);
        await store.PrepareAsync(CancellationToken.None);
        await disk.FillAsync();
        Assert.Contains("No space left on device", await FaultAsync(store), StringComparison.Ordinal);
        disk.Empty();
        await store.PingAsync(CancellationToken.None);
    }

    private static Task<PostgresServer> StartAsync(string? folder = null)
    {
        Skip.IfNot(PostgresServer.IsInstalled, "needs PostgreSQL's programs under /usr/lib/postgresql");
        return PostgresServer.StartAsync(new PostgresServerOptions { DataFolder = folder });
    }

    private static PostgresStore Store(PostgresServer server) => new("mx1", new Secret(server.ConnectionString));

    private static async Task<string> FaultAsync(PostgresStore store)
    {
        var fault = await Assert.ThrowsAsync<StoreException>(() => store.PingAsync(CancellationToken.None).Within("the fault of a ping"));
        return fault.Message;
    }

    /// <summary>A file system in memory that is soon full.</summary>
    private sealed class SmallDisk(string folder) : IAsyncDisposable
    {
        private string Ballast => Path.Combine(Folder, "ballast");

        public string Folder => folder;

        public static async Task<SmallDisk> MountAsync()
        {
            var folder = Directory.CreateTempSubdirectory("screening-disk-").FullName;
            var mounted = await RunAsync("mount", "-t", "tmpfs", "-o", "size=100m,mode=755", "tmpfs", folder);
            if (mounted == 0)
                return new SmallDisk(folder);
            Directory.Delete(folder);
            throw new SkipException("needs the right to mount");
        }

        public async Task FillAsync()
        {
            await using var file = File.Create(Ballast, 1);
            var size = 1 << 20;
            while (size >= 4096)
            {
                try
                {
                    await file.WriteAsync(new byte[size]);
                }
                catch (IOException)
                {
                    size /= 2;
                }
            }
        }

        public void Empty() => File.Delete(Ballast);

        public async ValueTask DisposeAsync()
        {
            Assert.Equal(0, await RunAsync("umount", Folder));
            Directory.Delete(Folder);
        }

        private static async Task<int> RunAsync(string program, params string[] arguments)
        {
            using var process = Process.Start(program, arguments);
            await process.WaitForExitAsync().Within(program);
            return process.ExitCode;
        }
    }
}
