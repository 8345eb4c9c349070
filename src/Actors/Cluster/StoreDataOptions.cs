using System.Data.Common;
using LinqToDB;
using LinqToDB.Interceptors;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Cluster;

/// <summary>How linq2db opens the store for Akka.Persistence.Sql.</summary>
internal static class StoreDataOptions
{
    // UseSQLite and UsePostgreSQL leave the provider's name empty, on which the journal fails at every write.
    public static DataOptions Of(StoreConnection connection)
    {
        var options = new DataOptions().UseConnectionString(connection.ProviderName, connection.ConnectionString);
        return connection.OnOpen is { } sql ? options.UseInterceptor(new OnOpen(sql)) : options;
    }

    private sealed class OnOpen(string sql) : ConnectionInterceptor
    {
        public override void ConnectionOpened(ConnectionEventData eventData, DbConnection connection)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }

        public override async Task ConnectionOpenedAsync(
            ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
        {
            var command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
                command.CommandText = sql;
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
