using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Screening.Testing.Postgres;

/// <summary>How and where a <see cref="PostgresServer"/> runs.</summary>
public sealed record PostgresServerOptions
{
    /// <summary>
    /// A folder that exists, for the data; what the server makes in it is removed at the end. Null: a temporary one. The server runs as
    /// a user of its own if the tests run as root, so that user must be able to enter it.
    /// </summary>
    public string? DataFolder { get; init; }

    /// <summary>An address to listen on beside 127.0.0.1; all hosts of its networks are trusted.</summary>
    public string? ListenAddress { get; init; }

    /// <summary>What starts the server and its clients elsewhere, such as <c>ip netns exec NAME</c>; it must exec, not fork.</summary>
    public IReadOnlyList<string> Prefix { get; init; } = [];

    /// <summary>0: any that is free.</summary>
    public int Port { get; init; }

    /// <summary>Settings beside ours, such as <c>max_connections</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// A private, real PostgreSQL of Debian's package, with data of its own, which trusts everybody on loopback. It is gone after
/// <see cref="DisposeAsync"/>, and when the tests' process ends. Every call ends within <see cref="Limit"/>.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The role that owns everything.</summary>
    public const string User = "screening";

    /// <summary>The database that is there from the start.</summary>
    public const string Database = "screening";

    /// <summary>How long one call may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private const string Loopback = "127.0.0.1";
    private const int MaxLines = 1_000;
    private static readonly ConcurrentDictionary<int, bool> Alive = new();
    private static readonly string? Programs = FindPrograms();

    private readonly PostgresServerOptions _options;
    private readonly string _folder;
    private readonly Queue<string> _log = new();
    private Process? _process;

    static PostgresServer() => ProcessEnd.Do(() =>
    {
        foreach (var pid in Alive.Keys)
        {
            // An immediate shutdown, which also reaches one that is frozen.
            foreach (var process in Family(pid))
                Signals.Send(process, Signals.Continue);
            Signals.Send(pid, Signals.Quit);
        }
    });

    private PostgresServer(PostgresServerOptions options)
    {
        _options = options;
        _folder = Path.Combine(options.DataFolder ?? Path.GetTempPath(), $"screening-postgres-{Guid.NewGuid():N}");
        Port = options.Port == 0 ? FreePort() : options.Port;
    }

    /// <summary>The server's programs are on this machine.</summary>
    public static bool IsInstalled => Programs is not null;

    public int Port { get; }

    /// <summary>To the database that is there from the start, by the extra address if there is one.</summary>
    public string ConnectionString => ConnectionTo(Database);

    /// <summary>The last lines of the server's log.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return string.Join('\n', _log);
        }
    }

    /// <summary>Makes a server and starts it.</summary>
    public static async Task<PostgresServer> StartAsync(PostgresServerOptions? options = null)
    {
        var server = new PostgresServer(options ?? new PostgresServerOptions());
        try
        {
            await server.CreateAsync();
            await server.RestartAsync();
            await server.QueryAsync($"CREATE DATABASE {Database}", "postgres");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public string ConnectionTo(string database) =>
        $"Host={_options.ListenAddress ?? Loopback};Port={Port};Username={User};Database={database}";

    /// <summary>Makes another database, and gives its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        await QueryAsync($"CREATE DATABASE {name}");
        return ConnectionTo(name);
    }

    /// <summary>Runs statements by psql(1): a line a row, columns divided by tabulators.</summary>
    public Task<string> QueryAsync(string sql, string database = Database) => RunAsync(
        [
            .. _options.Prefix, Program("psql"), "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1",
            "-h", Loopback, "-p", Number(Port), "-U", User, "-d", database, "-c", sql,
        ]);

    /// <summary>Starts it again with the data that is there, stopping it first if it runs.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        _process = Process.Start(ToStart([.. _options.Prefix, .. AsServerUser(), Program("postgres"), "-D", Data]))!;
        Alive[_process.Id] = true;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await UntilReadyAsync(_process);
    }

    /// <summary>
    /// Ends it at once but in order ("immediate"), as if the machine had lost power: it recovers when it is started again.
    /// </summary>
    public Task StopAsync() => EndAsync(server =>
    {
        var family = Family(server);
        Signals.Send(server, Signals.Quit);
        return family;
    });

    /// <summary>kill -9 to all of it.</summary>
    public Task KillAsync() => EndAsync(server =>
    {
        var family = Halted(server);
        foreach (var id in family)
            Signals.Send(id, Signals.Kill);
        return family;
    });

    /// <summary>Stops the clock for all its processes: connections stay, nothing answers.</summary>
    public void Freeze() => Halted(Running().Id);

    /// <summary>Ends <see cref="Freeze"/>.</summary>
    public void Resume()
    {
        foreach (var id in Family(Running().Id))
            Signals.Send(id, Signals.Continue);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        catch (TimeoutException)
        {
            await KillAsync();
        }

        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private string Data => Path.Combine(_folder, "data");

    private async Task CreateAsync()
    {
        if (Programs is null)
            throw new InvalidOperationException("PostgreSQL is not installed");
        string[] owner = Environment.IsPrivilegedProcess ? ["-o", ServerUser()] : [];
        await RunAsync(["install", "-d", "-m", "0755", .. owner, _folder]);
        await RunAsync(
            [.. AsServerUser(), Program("initdb"), "-D", Data, "-U", User, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        var settings = new Dictionary<string, string>(_options.Settings)
        {
            ["listen_addresses"] = _options.ListenAddress is { } address ? $"{Loopback},{address}" : Loopback,
            ["port"] = Number(Port),
            ["unix_socket_directories"] = "",
        };
        await File.AppendAllLinesAsync(Path.Combine(Data, "postgresql.conf"), settings.Select(item => $"{item.Key} = '{item.Value}'"));
        if (_options.ListenAddress is not null)
            await File.AppendAllTextAsync(Path.Combine(Data, "pg_hba.conf"), "host all all samenet trust\n");
    }

    private async Task UntilReadyAsync(Process process)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await QueryAsync("SELECT 1", "postgres");
                return;
            }
            catch (InvalidOperationException problem)
            {
                if (process.HasExited || TimeProvider.System.GetElapsedTime(start) > Limit)
                    throw new InvalidOperationException($"PostgreSQL does not start: {problem.Message}\n{Log}");
                await Task.Delay(50);
            }
        }
    }

    // The end gives all the processes that it is for; it holds for frozen ones too.
    private async Task EndAsync(Func<int, List<int>> end)
    {
        if (_process is not { } process)
            return;
        var family = end(process.Id);
        foreach (var id in family)
            Signals.Send(id, Signals.Continue);
        // It could not start again while one of its processes still has the shared memory.
        await Waiting.UntilAsync(() => process.HasExited && !family.Any(Signals.IsRunning), $"PostgreSQL's end\n{Log}");
        Alive.TryRemove(process.Id, out _);
        process.Dispose();
        _process = null;
    }

    private Process Running() => _process ?? throw new InvalidOperationException("PostgreSQL does not run");

    // The server first: it then makes no more processes.
    private static List<int> Halted(int server)
    {
        Signals.Send(server, Signals.Stop);
        var family = Family(server);
        foreach (var id in family)
            Signals.Send(id, Signals.Stop);
        return family;
    }

    // Each of its processes is in a group of its own, so a signal to the server's group would not reach them.
    private static List<int> Family(int server) => [server, .. Signals.ChildrenOf(server)];

    private static string Program(string name) => Path.Combine(Programs!, name);

    private static string? FindPrograms()
    {
        const string root = "/usr/lib/postgresql";
        return !Directory.Exists(root)
            ? null
            : Directory.EnumerateDirectories(root)
                .Where(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _))
                .OrderByDescending(folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture))
                .Select(folder => Path.Combine(folder, "bin"))
                .FirstOrDefault(bin => new[] { "postgres", "initdb", "psql" }.All(name => File.Exists(Path.Combine(bin, name))));
    }

    // PostgreSQL refuses to run as root.
    private static string[] AsServerUser()
    {
        if (!Environment.IsPrivilegedProcess)
            return [];
        var user = ServerUser();
        return ["setpriv", $"--reuid={user}", $"--regid={(user == "nobody" ? "nogroup" : user)}", "--clear-groups"];
    }

    private static string ServerUser() =>
        File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    // In a session of its own: a Ctrl+C is for the tests, which then end the server.
    private static ProcessStartInfo ToStart(string[] command) => new("setsid", command)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = "/",
        Environment = { ["LC_ALL"] = "C", ["PGCONNECT_TIMEOUT"] = "5" },
    };

    private static async Task<string> RunAsync(string[] command)
    {
        using var process = Process.Start(ToStart(command))!;
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0
                ? (await output).TrimEnd('\n')
                : throw new InvalidOperationException($"{string.Join(' ', command)}: {await error}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', command)}: no end within {Limit.TotalSeconds} s");
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_log)
        {
            _log.Enqueue(line);
            if (_log.Count > MaxLines)
                _log.Dequeue();
        }
    }
}
