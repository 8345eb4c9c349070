using System.Text;

namespace Screening.Protocol.Vocabulary;

/// <summary>What postscreen shall do with a client, mildest first (postscreen(8), the *_action parameters).</summary>
public enum VerdictAction : byte
{
    /// <summary>Nothing failed; the client may continue.</summary>
    Pass,

    /// <summary>Log only.</summary>
    Ignore,

    /// <summary>Answer 550 when mail is delivered.</summary>
    Enforce,

    /// <summary>Answer 521 and hang up.</summary>
    Drop,
}

/// <summary>The words for actions in every text protocol, in JSON and in metrics.</summary>
public static class VerdictActionWords
{
    /// <summary>The action's word.</summary>
    public static string Word(this VerdictAction action) => action switch
    {
        VerdictAction.Pass => "pass",
        VerdictAction.Ignore => "ignore",
        VerdictAction.Enforce => "enforce",
        _ => "drop",
    };

    /// <summary>Reads an action's word; its case matters.</summary>
    public static bool TryParse(ReadOnlySpan<byte> word, out VerdictAction action)
    {
        for (action = VerdictAction.Pass; action <= VerdictAction.Drop; action++)
        {
            if (Ascii.Equals(word, action.Word()))
                return true;
        }

        action = default;
        return false;
    }
}
