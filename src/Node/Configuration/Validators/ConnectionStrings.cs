using System.ComponentModel;
using System.Data.Common;
using System.Reflection;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Screening.Node.Configuration;

/// <summary>
/// Reads store.connection, as the stores do and before there is one. A fault repeats nothing of the text that could be part of a password:
/// neither the words of the database's own exception, nor a keyword that is not a slip of the pen for a known one, since it may be the end
/// of a password with a semicolon in it.
/// </summary>
internal static class ConnectionStrings
{
    /// <summary>The fault of the connection string; null if a store can be made of it.</summary>
    public static string? Problem(StoreOptions store)
    {
        string? problem;
        switch (store.Provider)
        {
            case StoreProvider.Sqlite when !store.ConnectionString.IsEmpty:
                problem = UnknownKeyword(store.ConnectionString, new SqliteConnectionStringBuilder(), "SQLite");
                return problem is null && !TryReadSqlite(store.ConnectionString, out _, out var sqlite) ? sqlite : problem;
            case StoreProvider.Postgresql:
                problem = UnknownKeyword(store.ConnectionString, new NpgsqlConnectionStringBuilder(), "PostgreSQL");
                return problem is null && !TryReadPostgresql(store.ConnectionString, out _, out var postgresql) ? postgresql : problem;
            default:
                return null;
        }
    }

    /// <summary>Reads a connection string of SQLite, which must name a file or leave the file to us.</summary>
    /// <param name="problem">The fault, without any secret.</param>
    public static bool TryReadSqlite(Secret connection, out SqliteConnectionStringBuilder settings, out string problem)
    {
        problem = "store.connection is not a connection string of SQLite, such as Data Source=FILE";
        settings = new SqliteConnectionStringBuilder();
        try
        {
            settings.ConnectionString = connection.Reveal();
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException)
        {
            return false;
        }

        problem = "store.connection: Data Source must be a file; to store nothing, set store.provider to memory";
        return settings.Mode != SqliteOpenMode.Memory && !settings.DataSource.StartsWith(':')
            && !settings.DataSource.StartsWith("file:", StringComparison.Ordinal);
    }

    /// <summary>Reads a connection string of PostgreSQL, which must name the database's host.</summary>
    /// <inheritdoc cref="TryReadSqlite"/>
    public static bool TryReadPostgresql(Secret connection, out NpgsqlConnectionStringBuilder settings, out string problem)
    {
        problem = "store.connection is not a connection string of PostgreSQL,"
            + " such as Host=db.example;Database=screening;Username=screening";
        settings = new NpgsqlConnectionStringBuilder();
        try
        {
            settings.ConnectionString = connection.Reveal();
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return false;
        }

        problem = "store.connection lacks Host=";
        return !string.IsNullOrEmpty(settings.Host);
    }

    // Null also when the text is not a connection string at all.
    private static string? UnknownKeyword(Secret connection, DbConnectionStringBuilder known, string database)
    {
        foreach (var (index, keyword) in Keywords(connection).Index())
        {
            if (known.ContainsKey(keyword))
                continue;
            return NearestName.Find(keyword, Names(known)) is { } near
                ? $"store.connection has {Wording.Printable(keyword)}, which {database} does not know; did you mean {near}?"
                : $"store.connection: {database} does not know its keyword number {index + 1}; a value that holds ; or = stands in quotes";
        }

        return null;
    }

    private static IEnumerable<string> Keywords(Secret connection)
    {
        try
        {
            return [.. new DbConnectionStringBuilder { ConnectionString = connection.Reveal() }.Keys!.Cast<string>()];
        }
        catch (ArgumentException)
        {
            return [];
        }
    }

    private static IEnumerable<string> Names(DbConnectionStringBuilder known) => known.GetType()
        .GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(property => property.CanWrite && property.GetIndexParameters().Length == 0)
        .Select(property => property.GetCustomAttribute<DisplayNameAttribute>()?.DisplayName ?? property.Name);
}
