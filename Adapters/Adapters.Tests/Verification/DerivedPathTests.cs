using System.Reflection;

namespace Conformance.Adapters.Tests.Verification;

public sealed class DerivedPathTests
{
    [Fact]
    public void A_derived_path_gives_folder_type_and_method()
    {
        var place = new TestPlace((MethodInfo)MethodBase.GetCurrentMethod()!, "/source/folder/Tests.cs");
        var name = SnapshotName.Of(place, new VerifySettings());

        Assert.Equal(Path.Combine(place.ProjectDirectory, "derived"), name.Directory);
        Assert.Equal("Type.By" + nameof(A_derived_path_gives_folder_type_and_method), name.Prefix);
        Assert.True(File.Exists(Path.Combine(place.ProjectDirectory, "Adapters.Tests.csproj")));
    }

    [Fact]
    public void Settings_of_the_test_win_over_the_derived_path()
    {
        var place = new TestPlace((MethodInfo)MethodBase.GetCurrentMethod()!, "/source/folder/Tests.cs");
        var settings = new VerifySettings();
        settings.UseDirectory("own");
        settings.UseTypeName("T");
        settings.UseMethodName("M");

        Assert.Equal(new SnapshotName("/source/folder/own", "T.M"), SnapshotName.Of(place, settings));
    }
}
