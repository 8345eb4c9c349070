using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Plugin;

/// <summary>What we ask of somebody else's plug-in.</summary>
/// <param name="QueryId">Comes back with the answer; see <see cref="PluginQuestionWriter.IsQueryId"/>.</param>
/// <param name="Client">The client.</param>
public readonly record struct PluginQuestion(string QueryId, ClientAddress Client)
{
    /// <summary>The client's port; 0 if unknown.</summary>
    public int RemotePort { get; init; }

    /// <summary>The mail exchanger's address; null if unknown.</summary>
    public ClientAddress? Local { get; init; }

    /// <summary>The mail exchanger's port; 0 if unknown.</summary>
    public int LocalPort { get; init; }

    /// <summary>The profile the client is screened under; null leaves it out.</summary>
    public string? Profile { get; init; }

    /// <summary>The client's HELO; null if unknown.</summary>
    public string? Helo { get; init; }

    /// <summary>The envelope sender; null if unknown.</summary>
    public string? Sender { get; init; }
}
