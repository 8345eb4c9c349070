using System.Data.Common;
using System.Reflection;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Screening.Node.Configuration;

/// <summary>
/// Names the keyword of a connection string that its database does not know. What cannot be a slip of the pen for a known one is not shown,
/// since it may be a part of a password that holds a semicolon.
/// </summary>
internal static class ConnectionKeywords
{
    /// <summary>The fault of store.connection; null when every keyword is known, or the text is not a connection string at all.</summary>
    public static string? Problem(StoreOptions store)
    {
        var (known, database) = store.Provider == StoreProvider.Postgresql
            ? ((DbConnectionStringBuilder)new NpgsqlConnectionStringBuilder(), "PostgreSQL")
            : (new SqliteConnectionStringBuilder(), "SQLite");
        foreach (var (index, keyword) in Keywords(store.Connection).Index())
        {
            if (known.ContainsKey(keyword))
                continue;
            return NearestName.Find(keyword, Names(known)) is { } near
                ? $"store.connection has {SettingTypes.Printable(keyword)}, which {database} does not know; did you mean {near}?"
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
        .Select(property => property.GetCustomAttribute<System.ComponentModel.DisplayNameAttribute>()?.DisplayName ?? property.Name);
}
