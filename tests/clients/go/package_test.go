package clients

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"strings"
	"testing"

	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/core"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/feeds"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/packages"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/resources"
)

func TestPackagesAreUploadedByModeAndFound(t *testing.T) {
	w := newWorld(t, "Go packages")
	first, second := zipped(t, "a", "one"), zipped(t, "a", "two, longer")
	upload := func(bytesOf []byte, mode packages.OverwriteMode) (*packages.PackageUploadResponse, bool, error) {
		return packages.Upload(w.octopus, w.space, "go-kit.1.4.0-dev.20260901T1200.zip", bytes.NewReader(bytesOf), mode)
	}
	sum := func(content []byte) string { return fmt.Sprintf("%x", sha1.Sum(content)) }
	made, fresh, err := upload(first, packages.OverwriteModeFailIfExists)
	if err != nil || !fresh || made.PackageId != "go-kit" || made.Version != "1.4.0-dev.20260901T1200" || made.Hash != sum(first) {
		t.Fatalf("upload: %v %v %+v", err, fresh, made)
	}
	_, _, err = upload(second, packages.OverwriteModeFailIfExists)
	refused(t, "the same version again", err, "already exists", 409)
	kept, fresh, err := upload(second, packages.OverwriteModeIgnoreIfExists)
	if err != nil || fresh || kept.Hash != sum(first) {
		t.Fatalf("ignored upload: %v %v %+v", err, fresh, kept)
	}
	// The server has no earlier version to make a difference from: the client sends all.
	replaced, err := packages.UploadV2(w.octopus, w.space, "go-kit.1.4.0-dev.20260901T1200.zip", bytes.NewReader(second), packages.OverwriteModeOverwriteExisting, true)
	if err != nil || replaced.Hash != sum(second) || replaced.PackageSizeBytes != len(second) {
		t.Fatalf("replacing upload: %v %+v", err, replaced)
	}
	_, _, err = packages.Upload(w.octopus, w.space, "go-kit.zip", bytes.NewReader(first), packages.OverwriteModeFailIfExists)
	refused(t, "a file without version", err, "", 400)

	for _, version := range []string{"1.4.0", "1.10.0"} {
		if _, _, err := packages.Upload(w.octopus, w.space, "go-kit."+version+".zip", bytes.NewReader(first), packages.OverwriteModeFailIfExists); err != nil {
			t.Fatal(err)
		}
	}
	found := must[*resources.Resources[*packages.Package]](t, "list")(packages.Get(w.octopus, w.space, packages.PackagesQuery{NuGetPackageID: "go-kit"}))
	if len(found.Items) != 3 || found.Items[0].Version != "1.10.0" {
		t.Fatalf("the list is %+v", found.Items)
	}
	builtIn := must[*feeds.Feeds](t, "feeds")(feeds.Get(w.octopus, w.space, feeds.FeedsQuery{FeedType: "BuiltIn", Take: 1})).Items[0]
	versions := must[*resources.Resources[*packages.PackageVersion]](t, "versions")(feeds.SearchPackageVersions(w.octopus, w.space, builtIn.GetID(), "go-kit", "", 1))
	if versions.TotalResults != 3 || versions.Items[0].Version != "1.10.0" {
		t.Fatalf("the newest is %+v of %d", versions.Items, versions.TotalResults)
	}
	one := must[*packages.Package](t, "package")(packages.GetByID(w.octopus, w.space, "packages-go-kit.1.4.0"))
	if one.PackageID != "go-kit" || text(t, w.octopus, w.path("packages/"+one.GetID()+"/raw")) != string(first) {
		t.Fatalf("the package reads as %+v", one)
	}
	if err := packages.DeleteByID(w.octopus, w.space, one.GetID()); err != nil {
		t.Fatal(err)
	}
	if _, err := packages.GetByID(w.octopus, w.space, one.GetID()); err == nil {
		t.Fatal("a deleted package is still there")
	}
}

func TestFeedsAndTheirSecretsAndPages(t *testing.T) {
	w := newWorld(t, "Go feeds")
	for number := range 35 {
		feed := must[*feeds.NuGetFeed](t, "feed")(feeds.NewNuGetFeed(fmt.Sprintf("Go feed %02d", number), "https://feed.example/v3/index.json"))
		feed.SetUsername("reader")
		feed.SetPassword(core.NewSensitiveValue("go-9d2k-feed-secret"))
		must[feeds.IFeed](t, "feed")(feeds.Add(w.octopus, feed))
	}
	first := must[*feeds.Feeds](t, "feeds")(feeds.Get(w.octopus, w.space, feeds.FeedsQuery{FeedType: "NuGet"}))
	if len(first.Items) != 30 || first.TotalResults < 35 || first.Links.PageNext == "" {
		t.Fatalf("the first page has %d of %d, links %v", len(first.Items), first.TotalResults, first.Links)
	}
	// GetAll is the address …/feeds/all, and the next pages are followed by their links.
	all := must[[]feeds.IFeed](t, "all feeds")(feeds.GetAll(w.octopus, w.space))
	count := 0
	for _, feed := range all {
		if strings.HasPrefix(feed.GetName(), "Go feed ") {
			count++
		}
	}
	if count != 35 {
		t.Fatalf("%d of 35 feeds", count)
	}
	feed := must[feeds.IFeed](t, "feed")(feeds.GetByID(w.octopus, w.space, first.Items[0].GetID())).(*feeds.NuGetFeed)
	if feed.Password == nil || !feed.Password.HasValue || feed.Password.NewValue != nil {
		t.Fatalf("the password reads as %+v", feed.Password)
	}
	// An update that keeps the secret; the server's answer still says that there is one.
	feed.SetName("Go feed renamed")
	updated := must[feeds.IFeed](t, "update")(feeds.Update(w.octopus, feed)).(*feeds.NuGetFeed)
	if updated.Name != "Go feed renamed" || !updated.Password.HasValue {
		t.Fatalf("the update came back as %+v", updated)
	}
	if err := feeds.DeleteByID(w.octopus, w.space, feed.GetID()); err != nil {
		t.Fatal(err)
	}
	if _, err := feeds.GetByID(w.octopus, w.space, feed.GetID()); err == nil {
		t.Fatal("a deleted feed is still there")
	}
}
