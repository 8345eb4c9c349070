using Akka.Actor;
using Akka.Cluster.Sharding;

namespace Screening.Actors.Whitelist;

/// <summary>The sharded whitelist: which message goes to which entity, and what an entity is made of.</summary>
internal static class WhitelistRegion
{
    /// <summary>The role of nodes that hold shards and vote.</summary>
    public const string CacheRole = "cache";

    private const string Name = "whitelist";

    /// <summary>Starts the region: with shards at a cache node, without at an edge.</summary>
    public static IActorRef Start(ActorSystem system, bool isCache, EntityContext context)
    {
        var sharding = ClusterSharding.Get(system);
        return isCache
            ? sharding.Start(
                Name, entity => PropsOf(entity, context), ClusterShardingSettings.Create(system), new Extractor(),
                ShardAllocationStrategy.LeastShardAllocationStrategy(absoluteLimit: 8, relativeLimit: 0.25), HandOver.Instance)
            : sharding.StartProxy(Name, CacheRole, new Extractor());
    }

    /// <summary>What an entity is made of, by its name.</summary>
    public static Props PropsOf(string entity, EntityContext context) =>
        entity == WhitelistLayout.EntityOf(WhitelistLayout.Grants)
            ? GrantsEntity.CreateProps(context)
            : WhitelistBucket.CreateProps(entity, context);

    private sealed class Extractor : IMessageExtractor
    {
        private static readonly IEnumerable<int> Numbers = Enumerable.Range(WhitelistLayout.Grants, WhitelistLayout.Buckets + 1);
        private static readonly string[] Entities = [.. Numbers.Select(WhitelistLayout.EntityOf)];
        private static readonly string[] Shards = [.. Numbers.Select(WhitelistLayout.ShardOf)];
        private static readonly Dictionary<string, string> ShardOfEntity = Entities.Zip(Shards).ToDictionary();

        public string? EntityId(object message) => IndexOf(message) is { } index ? Entities[index] : null;

        public object EntityMessage(object message) => message;

        public string? ShardId(object message) => IndexOf(message) is { } index ? Shards[index] : null;

        public string ShardId(string entityId, object? messageHint = null) => ShardOfEntity.GetValueOrDefault(entityId, "0");

        // A number from the wire may belong to no bucket.
        private static int? IndexOf(object message) =>
            message is IToWhitelist { Bucket: >= WhitelistLayout.Grants and < WhitelistLayout.Buckets and var bucket }
                ? bucket - WhitelistLayout.Grants
                : null;
    }
}
