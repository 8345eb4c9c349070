using System.Net.Sockets;
using Npgsql;
using Screening.Actors.Whitelist;
using Screening.Node.Configuration;
using Screening.Node.Platform;

namespace Screening.Node.Store;

/// <summary>
/// The ways to a PostgreSQL database, completed with settings that operators seldom give, and its faults in operators' terms.
/// </summary>
internal sealed class PostgresConnections
{
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly string _control;

    /// <exception cref="StoreException">It is not a connection string, or does not name the database's host.</exception>
    public PostgresConnections(string node, Secret connection)
    {
        if (!ConnectionStrings.TryReadPostgresql(connection, out _settings, out var problem))
            throw new StoreException(problem);
        Default("Application Name", $"screening {node}");
        Default("Timeout", 3);
        Default("Command Timeout", 5);
        Default("Cancellation Timeout", 500);
        // So that a database host that vanishes is noticed on idle connections.
        Default("Keepalive", 10);
        // PostgreSQL lets in 100 by default: enough for five nodes.
        Default("Maximum Pool Size", 16);
        // Detail of an error repeats values of rows: addresses of clients.
        Default("Include Error Detail", false);
        // Where Kerberos' library is missing, its loader says so on standard error; where it is not, each connection asks once more.
        Default("GSS Encryption Mode", nameof(GssEncryptionMode.Disable));
        Journal = _settings.ConnectionString;
        _control = new NpgsqlConnectionStringBuilder(Journal)
        {
            Pooling = false,
            Timeout = 2,
            CommandTimeout = 10,
            CancellationTimeout = -1,
        }.ConnectionString;
    }

    /// <summary>For Akka.Persistence.Sql. A secret.</summary>
    public string Journal { get; }

    /// <summary>How many connections the journal may have.</summary>
    public int Pooled => _settings.MaxPoolSize;

    /// <summary>The database in an operator's words, without anything secret.</summary>
    public string Place => $"PostgreSQL at {_settings.Host}:{_settings.Port}, database {_settings.Database ?? _settings.Username}";

    /// <summary>Uses a connection of its own.</summary>
    /// <remarks>
    /// It is a new one each time. A pooled one may have died with the server that it was made to, and the journal may keep all of a pool
    /// busy.
    /// </remarks>
    /// <param name="within">All of it ends in this time.</param>
    /// <exception cref="StoreException">It did not work.</exception>
    public async Task<T> UseAsync<T>(
        Func<NpgsqlConnection, CancellationToken, Task<T>> use, TimeSpan within, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(within);
        try
        {
            await using var connection = new NpgsqlConnection(_control);
            await connection.OpenAsync(timeout.Token).ConfigureAwait(false);
            return await use(connection, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is not StoreException
            && (problem is not OperationCanceledException || !cancellation.IsCancellationRequested))
        {
            throw new StoreException($"{Place}: {Explain(problem, within)}", problem);
        }
    }

    /// <summary>Makes the journal open new connections from now on.</summary>
    public void ForgetPooled()
    {
        using var any = new NpgsqlConnection(Journal);
        NpgsqlConnection.ClearPool(any);
    }

    private string Explain(Exception problem, TimeSpan within) => problem switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } denied =>
            $"{denied.MessageText}. The role of store.connection needs the right to create tables, or an administrator applies"
                + $" {Path.Combine(AppContext.BaseDirectory, "schema", PostgresStore.DdlFile)} and grants it SELECT, INSERT, UPDATE"
                + " and DELETE",
        PostgresException said => said.MessageText,
        OperationCanceledException or TimeoutException or NpgsqlException { InnerException: TimeoutException } =>
            $"no answer within {within.TotalSeconds:0.#} s",
        NpgsqlException { InnerException: SocketException { SocketErrorCode: SocketError.AddressNotAvailable } absent }
            when _settings.Host!.StartsWith('/') => SystemError.Words(SystemError.NotThere(absent)), // A unix socket.
        _ => SystemError.Words(problem),
    };

    private void Default(string key, object value)
    {
        if (!_settings.ContainsKey(key) || !_settings.ShouldSerialize(key))
            _settings[key] = value;
    }
}
