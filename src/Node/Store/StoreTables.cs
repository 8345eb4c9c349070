using System.Data.Common;
using System.Globalization;
using Screening.Actors.Whitelist;

namespace Screening.Node.Store;

/// <summary>The tables of a store, and the layout of the whitelist that they were made for. The same for every database.</summary>
internal static class StoreTables
{
    private static readonly (string Key, int Value)[] Layout =
    [
        ("layout.version", WhitelistLayout.Version),
        ("layout.buckets", WhitelistLayout.Buckets),
        ("layout.shards", WhitelistLayout.Shards),
    ];

    /// <summary>The statements that create the tables; they may be run again.</summary>
    /// <param name="file">postgresql.sql or sqlite.sql.</param>
    public static string Ddl(string file)
    {
        using var stream = typeof(StoreTables).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"{file} is not in the program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Checks that the tables were made for this layout. A database without a layout is new and gets ours.</summary>
    /// <param name="place">The database in the operator's words.</param>
    /// <exception cref="StoreLayoutException">They were made for another.</exception>
    public static async Task CheckLayoutAsync(DbConnection connection, string place, CancellationToken cancellation)
    {
        var found = await ReadLayoutAsync(connection, cancellation).ConfigureAwait(false);
        if (found.Count == 0)
        {
            var rows = string.Join(
                ", ", Layout.Select(item => string.Create(CultureInfo.InvariantCulture, $"('{item.Key}', '{item.Value}')")));
            await connection.ExecuteAsync(
                $"INSERT INTO screening_meta (key, value) VALUES {rows} ON CONFLICT (key) DO NOTHING", cancellation).ConfigureAwait(false);
            // Another node, of another release, may have been faster.
            found = await ReadLayoutAsync(connection, cancellation).ConfigureAwait(false);
        }

        var ours = Layout.ToDictionary(item => item.Key, item => item.Value.ToString(CultureInfo.InvariantCulture));
        if (ours.Any(item => found.GetValueOrDefault(item.Key) != item.Value))
        {
            throw new StoreLayoutException(
                $"{place} holds the whitelist in {Describe(found)}; this release works with {Describe(ours)}. Nothing was changed:"
                    + " give it a database of its own, or run the release that made this one");
        }
    }

    /// <summary>Gives a new database an id of its own, which a copy of it keeps.</summary>
    public static Task IdentifyAsync(DbConnection connection, CancellationToken cancellation) => connection.ExecuteAsync(
        "INSERT INTO screening_meta (key, value) VALUES ('id', @id) ON CONFLICT (key) DO NOTHING", cancellation,
        ("@id", Guid.NewGuid().ToString("N")));

    /// <summary>The database's id; empty: it has none.</summary>
    public static async Task<string> ReadIdAsync(DbConnection connection, CancellationToken cancellation) =>
        await connection.ExecuteAsync(
            "SELECT value FROM screening_meta WHERE key = 'id'", cancellation).ConfigureAwait(false) as string ?? "";

    /// <summary>Runs statements and gives the first value of the first row, or null.</summary>
    public static async Task<object?> ExecuteAsync(
        this DbConnection connection, string sql, CancellationToken cancellation, params (string Name, object Value)[] parameters)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value;
            command.Parameters.Add(parameter);
        }

        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task<Dictionary<string, string>> ReadLayoutAsync(DbConnection connection, CancellationToken cancellation)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT key, value FROM screening_meta WHERE key LIKE 'layout.%'";
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var found = new Dictionary<string, string>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            found[reader.GetString(0)] = reader.GetString(1);
        return found;
    }

    private static string Describe(Dictionary<string, string> layout)
    {
        string Number(string key) => layout.GetValueOrDefault(key, "?");
        return $"layout {Number("layout.version")} ({Number("layout.buckets")} buckets in {Number("layout.shards")} shards)";
    }
}
