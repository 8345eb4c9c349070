using Akka.Actor;
using Screening.Actors.Cluster;
using Screening.Actors.Cluster.Forming;

namespace Screening.Actors.Tests.Cluster.Forming;

/// <summary>Nodes and their answers, for tables.</summary>
internal static class Nodes
{
    public static Address At(int number) => new("akka.tcp", "fleet", $"10.0.0.{number}", 4053);

    public static NodeIdentity Identity(
        int number, bool isCache = true, int layout = 1, string provider = "memory", string splitBrain = "keep-majority") =>
        new($"mx{number}", At(number), isCache, layout, provider, splitBrain, 0);

    /// <param name="word">
    /// looking, joining, leaving, edge (looking), a cluster's name with its number of cache members as <c>a:2</c>, the same with <c>!</c>
    /// if it has unreachable members, or <c>refusing</c>.
    /// </param>
    public static NodePresence Answer(int number, string word, long round = 1)
    {
        var node = new NodePresence(round, Identity(number), NodePhase.Looking, "", 0, false, "");
        return word switch
        {
            "looking" => node,
            "edge" => node with { From = Identity(number, isCache: false) },
            "joining" => node with { Phase = NodePhase.Joining },
            "leaving" => node with { Phase = NodePhase.Leaving },
            "refusing" => node with { Refusal = "no" },
            _ => node with
            {
                Phase = NodePhase.Member,
                ClusterId = word.Split(':')[0],
                CacheMembers = int.Parse(word.Split(':')[1].TrimEnd('!'), System.Globalization.CultureInfo.InvariantCulture),
                HasUnreachable = word.EndsWith('!'),
            },
        };
    }

    /// <summary>A round in which nodes were asked and answered as told: <c>2 looking, 3 a:2, 4 silent</c>.</summary>
    public static Round Round(string answers, long id = 1)
    {
        var nodes = answers.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(answer => answer.Split(' '))
            .Select(answer => (Number: int.Parse(answer[0], System.Globalization.CultureInfo.InvariantCulture), Word: answer[1])).ToList();
        return nodes.Where(node => node.Word != "silent").Aggregate(
            new Round(id).Asking(nodes.Select(node => At(node.Number))),
            (round, node) => round.With(Answer(node.Number, node.Word, id)));
    }
}
