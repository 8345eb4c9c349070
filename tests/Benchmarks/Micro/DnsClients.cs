using System.Diagnostics;
using System.Net;
using DnsClient;
using Microsoft.Extensions.Logging.Abstractions;
using Screening.Node.Sources.Dns;
using Screening.Testing.Dns;

namespace Screening.Benchmarks.Micro;

/// <summary>
/// Our DNS transport beside DnsClient, against a server in another process that answers after 20 ms: an open loop of 2,000 queries a
/// second, and bursts of 10,000 at once with a timeout of 800 ms, the last of them to a list that never answers. Latencies are those above
/// the server's 20 ms, counted from when the query was due; the processor's time is that of the asking process alone.
/// </summary>
/// <remarks><c>dotnet run -c Release --project tests/Benchmarks -- dns-clients [own|dnsclient]</c></remarks>
public static class DnsClients
{
    private const string Mode = "dns-clients";
    private const string Serve = "--serve";
    private const string Silent = "silent";
    private const int Rate = 2000;
    private const int Seconds = 5;
    private const int BurstSize = 10_000;
    private static readonly TimeSpan ServerDelay = TimeSpan.FromMilliseconds(20);
    private static readonly FakeDnsReply Listed = FakeDnsReply.A(60, "127.0.0.2");
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromMilliseconds(800);

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains(Serve))
            return await ServeAsync();
        using var server = StartServer();
        var port = int.Parse(await server.StandardOutput.ReadLineAsync() ?? "0");
        var endPoint = new IPEndPoint(IPAddress.Loopback, port);
        Console.WriteLine($"{Environment.ProcessorCount} processors, .NET {Environment.Version}");
        if (!args.Contains("dnsclient"))
        {
            using var transport = new DnsTransport(
                new DnsTransportSettings { Resolvers = [endPoint] }, TimeProvider.System, NullLogger<DnsTransport>.Instance);
            await MeasureAsync("own", async name =>
                (await transport.QueryAddressesAsync(name, QueryTimeout, CancellationToken.None)).Codes.Length == 1);
        }

        if (!args.Contains("own"))
        {
            var client = new LookupClient(new LookupClientOptions(new NameServer(endPoint))
            {
                UseCache = false,
                Retries = 1,
                UseTcpFallback = true,
                Timeout = QueryTimeout,
                ThrowDnsErrors = false,
            });
            await MeasureAsync("DnsClient", async name => (await client.QueryAsync(name, QueryType.A)).Answers.Count == 1);
        }

        server.StandardInput.Close();
        await server.WaitForExitAsync();
        return 0;
    }

    private static async Task MeasureAsync(string who, Func<string, Task<bool>> ask)
    {
        await OpenLoopAsync(who + ", warming up", ask, seconds: 2);
        await OpenLoopAsync(who, ask, Seconds);
        for (var run = 0; run < 3; run++)
            await BurstAsync(who, ask, "list");
        await BurstAsync(who + ", silent list", ask, Silent);
    }

    private static async Task OpenLoopAsync(string who, Func<string, Task<bool>> ask, int seconds)
    {
        var total = Rate * seconds;
        var late = new double[total];
        var asked = new Task<bool>[total];
        var use = Use.Now();
        var clock = Stopwatch.StartNew();
        for (var next = 0; next < total;)
        {
            for (; next < total && next < clock.Elapsed.TotalSeconds * Rate; next++)
                asked[next] = AskAsync(next);
            await Task.Delay(1);
        }

        var failed = (await Task.WhenAll(asked)).Count(ok => !ok);
        var (processor, bytes) = use.Since(total);
        Array.Sort(late);
        Console.WriteLine(
            $"{who}: {Rate}/s for {seconds} s, failed {failed}, p50 +{late[total / 2]:f1} ms, p99 +{late[total * 99 / 100]:f1} ms, "
            + $"max +{late[^1]:f1} ms, {processor:f0} us and {bytes} B a query");

        async Task<bool> AskAsync(int index)
        {
            var ok = await TryAsync(ask, index, "list");
            late[index] = clock.Elapsed.TotalMilliseconds - (index * 1000.0 / Rate) - ServerDelay.TotalMilliseconds;
            return ok;
        }
    }

    private static async Task BurstAsync(string who, Func<string, Task<bool>> ask, string zone)
    {
        var use = Use.Now();
        var clock = Stopwatch.StartNew();
        var files = 0;
        var asked = new Task<bool>[BurstSize];
        for (var i = 0; i < BurstSize; i++)
        {
            asked[i] = TryAsync(ask, i, zone);
            if (i == BurstSize * 9 / 10)
                files = OpenFiles();
        }

        var answered = (await Task.WhenAll(asked)).Count(ok => ok);
        var elapsed = clock.ElapsedMilliseconds;
        var (processor, bytes) = use.Since(BurstSize);
        Console.WriteLine(
            $"{who}: burst of {BurstSize}, answered {answered} in {elapsed} ms, {processor:f0} us and {bytes} B a query, "
            + $"{files} open files near the end");
    }

    private static async Task<bool> TryAsync(Func<string, Task<bool>> ask, int index, string zone)
    {
        try
        {
            return await ask($"{index & 255}.{index >> 8}.0.10.{zone}.example");
        }
        catch (Exception)
        {
            return false;
        }
    }

    private static int OpenFiles()
    {
        try
        {
            return Directory.GetFiles("/proc/self/fd").Length;
        }
        catch (IOException)
        {
            return -1;
        }
    }

    private static Process StartServer()
    {
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        start.ArgumentList.Add(Mode);
        start.ArgumentList.Add(Serve);
        return Process.Start(start)!;
    }

    private static async Task<int> ServeAsync()
    {
        using var server = new FakeDnsServer { Delay = ServerDelay, Respond = Answer };
        Console.WriteLine(server.EndPoint.Port);
        await Console.In.ReadToEndAsync();
        return 0;
    }

    private static FakeDnsReply Answer(FakeDnsQuestion question) =>
        question.Name.EndsWith(Silent + ".example", StringComparison.Ordinal) ? FakeDnsReply.Dropped : Listed;

    private readonly record struct Use(TimeSpan Processor, long Bytes)
    {
        public static Use Now() => new(Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes());

        public (double Microseconds, long Bytes) Since(int queries)
        {
            var now = Now();
            return ((now.Processor - Processor).TotalMicroseconds / queries, (now.Bytes - Bytes) / queries);
        }
    }
}
