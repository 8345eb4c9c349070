using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql;
using Screening.Actors.Whitelist;
using Screening.Testing;

namespace Screening.Node.Tests.Store;

/// <summary>A journal as the cluster system uses one: events, a snapshot, and the deletion of what it covers.</summary>
internal static class StoredActor
{
    /// <summary>Stores twelve events, ten of which a snapshot replaces, and reads all back in another actor system.</summary>
    /// <returns>What the first actor wrote and what the second recovered.</returns>
    public static async Task<(string Written, string Recovered)> RoundTripAsync(StoreConnection connection)
    {
        var written = await RunAsync(connection, initialize: false, async actor =>
        {
            foreach (var number in Enumerable.Range(1, 10))
                await AskAsync(actor, $"event {number}");
            await AskAsync(actor, "snapshot");
            await AskAsync(actor, "delete");
            foreach (var number in Enumerable.Range(11, 2))
                await AskAsync(actor, $"event {number}");
            return await AskAsync(actor, "show");
        });
        return (written, await RunAsync(connection, initialize: false, actor => AskAsync(actor, "show")));
    }

    /// <summary>Lets the plug-in make its tables itself.</summary>
    public static Task InitializeAsync(StoreConnection connection) =>
        RunAsync(connection, initialize: true, actor => AskAsync(actor, "snapshot"));

    private static async Task<string> RunAsync(StoreConnection connection, bool initialize, Func<IActorRef, Task<string>> use)
    {
        var plugin = $$"""
            {
              connection-string = "{{connection.ConnectionString}}"
              provider-name = "{{connection.ProviderName}}"
              auto-initialize = {{(initialize ? "on" : "off")}}
              tag-write-mode = Csv
            }
            """;
        var configuration = ConfigurationFactory.ParseString(
            $$"""
            akka.loglevel = ERROR
            akka.stdout-loglevel = OFF
            akka.persistence.journal { plugin = akka.persistence.journal.sql, sql = {{plugin}} }
            akka.persistence.snapshot-store { plugin = akka.persistence.snapshot-store.sql, sql = {{plugin}} }
            """).WithFallback(SqlPersistence.DefaultConfiguration);
        using var system = ActorSystem.Create("stored", configuration);
        try
        {
            return await use(system.ActorOf(Props.Create(() => new Actor())));
        }
        finally
        {
            await system.Terminate().Within("the actor system's end");
        }
    }

    private static async Task<string> AskAsync(IActorRef actor, string what)
    {
        var answer = await actor.Ask<object>(what, Waiting.Limit);
        return answer is Exception problem ? throw new InvalidOperationException(what, problem) : (string)answer;
    }

    private sealed class Actor : ReceivePersistentActor
    {
        private readonly List<string> _state = [];
        private IActorRef _asker = ActorRefs.Nobody;

        public Actor()
        {
            Recover<SnapshotOffer>(offer => _state.Add($"snapshot of {offer.Snapshot}"));
            Recover<string>(_state.Add);
            Command<string>(text => text == "show", _ => Sender.Tell(string.Join(", ", _state)));
            Command<string>(text => text == "snapshot", _ =>
            {
                _asker = Sender;
                SaveSnapshot($"{_state.Count}");
            });
            Command<SaveSnapshotSuccess>(saved => _asker.Tell("saved"));
            Command<SaveSnapshotFailure>(failure => _asker.Tell(failure.Cause));
            Command<string>(text => text == "delete", _ =>
            {
                _asker = Sender;
                DeleteMessages(LastSequenceNr);
            });
            Command<DeleteMessagesSuccess>(_ =>
            {
                _state.Clear();
                _state.Add("snapshot of 10");
                _asker.Tell("deleted");
            });
            Command<DeleteMessagesFailure>(failure => _asker.Tell(failure.Cause));
            Command<string>(text => Persist(text, stored =>
            {
                _state.Add(stored);
                Sender.Tell(stored);
            }));
        }

        public override string PersistenceId => "stored";
    }
}
